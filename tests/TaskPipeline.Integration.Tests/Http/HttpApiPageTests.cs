using System.Net;
using System.Text.Json;

namespace TaskPipeline.Integration.Tests.Http;

/// <summary>docs/http-api.md against the contract that the API serves: neither has a call, a parameter, a status or a member that the other lacks.</summary>
[Collection(ApiGroup.Name)]
public sealed class HttpApiPageTests(ApiFixture api)
{
    [Fact]
    public async Task Page_AgainstTheContract_HasTheSameCalls()
    {
        var contract = await ContractAsync();

        Assert.Equal(Operations(contract).Keys.Order(StringComparer.Ordinal), HttpApiPage.Calls.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Page_OfEachCall_HasItsParametersStatusesAndMembers()
    {
        var contract = await ContractAsync();

        foreach (var (call, operation) in Operations(contract))
        {
            var parameters = operation.TryGetProperty("parameters", out var all)
                ? all.EnumerateArray().Where(parameter => parameter.GetProperty("in").GetString() != "path").Select(parameter => parameter.GetProperty("name").GetString()!)
                : [];
            var responses = operation.GetProperty("responses");
            Same($"parameters of {call}", parameters, HttpApiPage.Column($"`{call}`", "parameter"));
            Same($"statuses of {call}", responses.EnumerateObject().Select(response => response.Name), HttpApiPage.Column($"`{call}`", "status"));

            // Tasks have a table of their own; a stream has no schema.
            if (!call.Contains("/tasks", StringComparison.Ordinal))
            {
                Same($"members of {call}", Members(contract, ItemOf(contract, responses.GetProperty("200"))), HttpApiPage.Members($"`{call}`"));
            }
        }
    }

    [Theory]
    [InlineData("The submission", "SubmitBody")]
    [InlineData("The task", "TaskResponse")]
    public async Task Page_OfABody_HasItsMembers(string heading, string schema)
    {
        var contract = await ContractAsync();

        Same(heading, Members(contract, Schema(contract, schema)), HttpApiPage.Members(heading));
    }

    [Fact]
    public async Task Page_BesideTheContract_NamesOnlyWhatIsServed()
    {
        var calls = HttpApiPage.Column("Beside the contract", "call").ToArray();

        Assert.NotEmpty(calls);
        foreach (var call in calls)
        {
            using var response = await api.Http.SendAsync(new HttpMethod(call.Split(' ')[0]), call.Split(' ')[1]);
            Assert.False(response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed, call);
        }
    }

    private static void Same(string what, IEnumerable<string> contract, IEnumerable<string> page)
    {
        var (served, written) = (contract.Order(StringComparer.Ordinal).ToArray(), page.Order(StringComparer.Ordinal).ToArray());
        Assert.True(served.SequenceEqual(written), $"{what}: served are {string.Join(", ", served)}; docs/http-api.md has {string.Join(", ", written)}");
    }

    private async Task<JsonElement> ContractAsync()
    {
        using var response = await api.Http.GetAsync(HttpAssert.Path("/openapi/v1.json"));
        return await HttpAssert.BodyAsync(response);
    }

    private static Dictionary<string, JsonElement> Operations(JsonElement contract) => contract.GetProperty("paths").EnumerateObject()
        .SelectMany(path => path.Value.EnumerateObject().Select(operation => (Call: $"{operation.Name.ToUpperInvariant()} {path.Name}", operation.Value)))
        .ToDictionary(pair => pair.Call, pair => pair.Value);

    private static JsonElement Schema(JsonElement contract, string name) => contract.GetProperty("components").GetProperty("schemas").GetProperty(name);

    /// <summary>The schema of an answer, or of the items of one that is a list.</summary>
    private static JsonElement ItemOf(JsonElement contract, JsonElement response)
    {
        var schema = Resolve(contract, response.GetProperty("content").GetProperty("application/json").GetProperty("schema"));
        return schema.GetProperty("properties").TryGetProperty("items", out var items) ? Resolve(contract, items) : schema;
    }

    /// <summary>The members and those of the objects within, one level deep; with a question mark where null is allowed.</summary>
    private static IEnumerable<string> Members(JsonElement contract, JsonElement schema)
    {
        foreach (var member in schema.GetProperty("properties").EnumerateObject())
        {
            yield return Name(member);
            if (Resolve(contract, member.Value) is var inner && inner.TryGetProperty("properties", out var within))
            {
                foreach (var one in within.EnumerateObject())
                {
                    yield return $"{member.Name}.{Name(one)}";
                }
            }
        }
    }

    private static string Name(JsonProperty member) => AllowsNull(member.Value) ? $"{member.Name}?" : member.Name;

    private static bool AllowsNull(JsonElement schema) =>
        (schema.TryGetProperty("type", out var type) && (type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Any(one => one.GetString() == "null") : type.GetString() == "null"))
        || (schema.TryGetProperty("oneOf", out var choices) && choices.EnumerateArray().Any(AllowsNull));

    /// <summary>What a reference, the items of an array, or the alternative to null, stands for.</summary>
    private static JsonElement Resolve(JsonElement contract, JsonElement schema) =>
        schema.TryGetProperty("$ref", out var reference) ? Resolve(contract, Schema(contract, reference.GetString()!.Split('/')[^1]))
        : schema.TryGetProperty("items", out var items) ? Resolve(contract, items)
        : schema.TryGetProperty("oneOf", out var choices) ? Resolve(contract, choices.EnumerateArray().Last(choice => choice.TryGetProperty("$ref", out _)))
        : schema;
}
