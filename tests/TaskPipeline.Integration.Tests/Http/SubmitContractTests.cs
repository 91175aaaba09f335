using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using StackExchange.Redis;

namespace TaskPipeline.Integration.Tests.Http;

/// <summary>What <c>POST /tasks</c> promises.</summary>
[Collection(ApiGroup.Name)]
public sealed class SubmitContractTests(ApiFixture api)
{
    /// <summary>Every member of a task, in a list all but <c>input</c>.</summary>
    public static readonly string[] Members =
    [
        "id", "algorithm", "status", "progress", "stage", "priority", "lane", "attempt", "createdAt", "startedAt", "finishedAt", "cancelRequested", "stopConfirmed", "input",
        "timeoutSeconds", "noProgressTimeoutSeconds", "maxAttempts", "notBefore", "startBefore", "nextAttemptAt", "result", "output", "failure", "attempts", "queue", "usage",
        "worker", "traceId", "labels", "retryOf", "version",
    ];

    [Fact]
    public async Task Submit_OnlyTheAlgorithm_IsAcceptedWithEveryDefault()
    {
        using var response = await api.Http.SubmitAsync("{\"algorithm\":\"primes\"}");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var task = await HttpAssert.BodyAsync(response);
        var id = task.GetProperty("id").GetString();
        Assert.Equal($"/tasks/{id}", HttpAssert.Header(response, "Location"));
        Assert.Equal("1", HttpAssert.Header(response, "Retry-After"));
        Assert.Equal("W/\"1\"", HttpAssert.Header(response, "ETag"));
        Assert.Null(HttpAssert.Header(response, "Preference-Applied"));
        Assert.Equal(Members.Order(StringComparer.Ordinal), task.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        Assert.Equal('7', id![14]);
        Assert.Equal("primes", task.GetProperty("algorithm").GetString());
        Assert.Equal("pending", task.GetProperty("status").GetString());
        Assert.Equal(0, task.GetProperty("progress").GetInt32());
        Assert.Equal("normal", task.GetProperty("priority").GetString());
        Assert.Equal("short", task.GetProperty("lane").GetString());
        Assert.Equal(0, task.GetProperty("attempt").GetInt32());
        Assert.False(task.GetProperty("cancelRequested").GetBoolean());
        Assert.Equal("{}", task.GetProperty("input").GetRawText());
        Assert.Equal(50, task.GetProperty("timeoutSeconds").GetDouble());
        Assert.Equal(3, task.GetProperty("maxAttempts").GetInt32());
        Assert.Equal(1, task.GetProperty("version").GetInt64());
        Assert.Empty(task.GetProperty("attempts").EnumerateArray());
        Assert.Empty(task.GetProperty("labels").EnumerateObject());
        Assert.Equal(JsonValueKind.Object, task.GetProperty("queue").ValueKind);
        Assert.Equal(32, task.GetProperty("traceId").GetString()!.Length);
        foreach (var member in (string[])["stage", "startedAt", "finishedAt", "stopConfirmed", "noProgressTimeoutSeconds", "notBefore", "nextAttemptAt", "result", "output", "failure", "usage", "worker", "retryOf"])
        {
            Assert.Equal(JsonValueKind.Null, task.GetProperty(member).ValueKind);
        }

        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", task.GetProperty("createdAt").GetString());
        Assert.Equal(TimeSpan.FromDays(7), task.GetProperty("startBefore").GetDateTimeOffset() - task.GetProperty("createdAt").GetDateTimeOffset());
    }

    [Fact]
    public async Task Submit_EverythingSet_IsKeptAsItWasSent()
    {
        const string Input = "{ \"limit\" : 1e2,\n\t\"text\":\"\\u00e9\\n\", \"deep\":[1,{\"a\":null}] }";
        using var response = await api.Http.SubmitAsync(
            $"{{\"algorithm\":\"primes\",\"input\":{Input},\"priority\":\"urgent\",\"timeoutSeconds\":0.5,\"noProgressTimeoutSeconds\":86400,"
            + "\"notBefore\":\"2026-01-01T00:00:00+02:00\",\"maxAttempts\":20,\"labels\":{\"team\":\"α\",\"empty\":\"\"}}");

        var task = await HttpAssert.BodyAsync(response);
        Assert.Equal(Input, task.GetProperty("input").GetRawText());
        Assert.Equal("urgent", task.GetProperty("priority").GetString());
        Assert.Equal("urgent", task.GetProperty("lane").GetString());
        Assert.Equal(0.5, task.GetProperty("timeoutSeconds").GetDouble());
        Assert.Equal(86_400, task.GetProperty("noProgressTimeoutSeconds").GetDouble());
        Assert.Equal("2025-12-31T22:00:00.000000Z", task.GetProperty("notBefore").GetString());
        Assert.Equal(20, task.GetProperty("maxAttempts").GetInt32());
        Assert.Equal("{\"team\":\"α\",\"empty\":\"\"}", JsonSerializer.Serialize(task.GetProperty("labels"), s_plain));
        Assert.Equal(Input, (await api.Http.TaskAsync(task.GetProperty("id").GetString()!)).GetProperty("input").GetRawText());
    }

    [Theory]
    [InlineData("{\"algorithm\":\"primes\",\"priority\":\"background\"}", "background", 50)]
    [InlineData("{\"algorithm\":\"hello\"}", "long", 20)]
    [InlineData("{\"algorithm\":\"hello\",\"timeoutSeconds\":86400}", "long", 86_400)]
    public async Task Submit_AlgorithmAndPriority_DecideLaneAndTimeout(string body, string lane, double timeout)
    {
        using var response = await api.Http.SubmitAsync(body);

        var task = await HttpAssert.BodyAsync(response);
        Assert.Equal(lane, task.GetProperty("lane").GetString());
        Assert.Equal(timeout, task.GetProperty("timeoutSeconds").GetDouble());
    }

    public static TheoryData<string, string> Invalid() => new()
    {
        { "{}", "algorithm" },
        { "{\"algorithm\":null}", "algorithm" },
        { "{\"algorithm\":7}", "algorithm" },
        { "{\"algorithm\":\"\"}", "algorithm" },
        { "{\"algorithm\":\"nobody has this\"}", "algorithm" },
        { "{\"algorithm\":\"pri\\u0000mes\"}", "algorithm" },
        { $"{{\"algorithm\":\"{new string('a', 101)}\"}}", "algorithm" },
        { "{\"algorithm\":\"\\ud800\"}", "algorithm" },
        { "{\"algorithm\":\"primes\",\"Algorithm\":\"primes\"}", "Algorithm" },
        { "{\"algorithm\":\"primes\",\"nonsense\":1}", "nonsense" },
        { "{\"algorithm\":\"primes\",\"\":1}", "" },
        { "{\"algorithm\":\"primes\",\"id\":\"x\"}", "id" },
        { "{\"algorithm\":\"primes\",\"input\":null}", "input" },
        { "{\"algorithm\":\"primes\",\"input\":[]}", "input" },
        { "{\"algorithm\":\"primes\",\"input\":\"{}\"}", "input" },
        { "{\"algorithm\":\"primes\",\"input\":{\"a\":\"\\ud83d\"}}", "input" },
        { $"{{\"algorithm\":\"primes\",\"input\":{{\"a\":\"{new string('a', 256 * 1024)}\"}}}}", "input" },
        { "{\"algorithm\":\"primes\",\"priority\":\"Urgent\"}", "priority" },
        { "{\"algorithm\":\"primes\",\"priority\":1}", "priority" },
        { "{\"algorithm\":\"primes\",\"priority\":null}", "priority" },
        { "{\"algorithm\":\"primes\",\"timeoutSeconds\":0}", "timeoutSeconds" },
        { "{\"algorithm\":\"primes\",\"timeoutSeconds\":-0}", "timeoutSeconds" },
        { "{\"algorithm\":\"primes\",\"timeoutSeconds\":-1}", "timeoutSeconds" },
        { "{\"algorithm\":\"primes\",\"timeoutSeconds\":86400.001}", "timeoutSeconds" },
        { "{\"algorithm\":\"primes\",\"timeoutSeconds\":1e400}", "timeoutSeconds" },
        { "{\"algorithm\":\"primes\",\"timeoutSeconds\":1e-400}", "timeoutSeconds" },
        { "{\"algorithm\":\"primes\",\"timeoutSeconds\":\"NaN\"}", "timeoutSeconds" },
        { "{\"algorithm\":\"primes\",\"timeoutSeconds\":\"5\"}", "timeoutSeconds" },
        { "{\"algorithm\":\"primes\",\"timeoutSeconds\":null}", "timeoutSeconds" },
        { "{\"algorithm\":\"primes\",\"noProgressTimeoutSeconds\":0}", "noProgressTimeoutSeconds" },
        { "{\"algorithm\":\"primes\",\"noProgressTimeoutSeconds\":86401}", "noProgressTimeoutSeconds" },
        { "{\"algorithm\":\"primes\",\"noProgressTimeoutSeconds\":true}", "noProgressTimeoutSeconds" },
        { "{\"algorithm\":\"primes\",\"maxAttempts\":0}", "maxAttempts" },
        { "{\"algorithm\":\"primes\",\"maxAttempts\":21}", "maxAttempts" },
        { "{\"algorithm\":\"primes\",\"maxAttempts\":1.5}", "maxAttempts" },
        { "{\"algorithm\":\"primes\",\"maxAttempts\":99999999999999999999}", "maxAttempts" },
        { "{\"algorithm\":\"primes\",\"notBefore\":\"tomorrow\"}", "notBefore" },
        { "{\"algorithm\":\"primes\",\"notBefore\":\"2027-01-01T00:00:00\"}", "notBefore" },
        { "{\"algorithm\":\"primes\",\"notBefore\":\"2027-13-01T00:00:00Z\"}", "notBefore" },
        { "{\"algorithm\":\"primes\",\"notBefore\":\"0000-01-01T00:00:00Z\"}", "notBefore" },
        { "{\"algorithm\":\"primes\",\"notBefore\":\"9999-12-31T23:59:59-14:00\"}", "notBefore" },
        { "{\"algorithm\":\"primes\",\"notBefore\":\"2999-01-01T00:00:00Z\"}", "notBefore" },
        { "{\"algorithm\":\"primes\",\"notBefore\":1}", "notBefore" },
        { "{\"algorithm\":\"primes\",\"startBefore\":\"2001-01-01T00:00:00Z\"}", "startBefore" },
        { "{\"algorithm\":\"primes\",\"startBefore\":\"0001-01-01T00:00:00+14:00\"}", "startBefore" },
        { "{\"algorithm\":\"primes\",\"labels\":[]}", "labels" },
        { "{\"algorithm\":\"primes\",\"labels\":{\"\":\"x\"}}", "labels" },
        { $"{{\"algorithm\":\"primes\",\"labels\":{{\"{new string('k', 64)}\":\"x\"}}}}", "labels" },
        { "{\"algorithm\":\"primes\",\"labels\":{\"k\":1}}", "labels.k" },
        { "{\"algorithm\":\"primes\",\"labels\":{\"k\":null}}", "labels.k" },
        { $"{{\"algorithm\":\"primes\",\"labels\":{{\"k\":\"{new string('v', 257)}\"}}}}", "labels.k" },
        { $"{{\"algorithm\":\"primes\",\"labels\":{{{string.Join(',', Enumerable.Range(0, 33).Select(n => $"\"k{n}\":\"v\""))}}}}}", "labels" },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public async Task Submit_MemberAtFault_IsNamedAndLeavesNoTrace(string body, string member)
    {
        var before = await api.TracesAsync();

        using var response = await api.Http.SubmitAsync(body);

        await HttpAssert.ProblemAsync(response, 400, "validation", member);
        Assert.Equal(before, await api.TracesAsync());
    }

    [Fact]
    public async Task Submit_SeveralMembersAtFault_AreAllNamed()
    {
        using var response = await api.Http.SubmitAsync("{\"priority\":3,\"maxAttempts\":0,\"zzz\":{},\"startBefore\":\"2027-01-01T00:00:00Z\",\"notBefore\":\"2027-01-01T00:00:00Z\"}");

        await HttpAssert.ProblemAsync(response, 400, "validation", "algorithm", "priority", "maxAttempts", "zzz", "startBefore");
    }

    [Fact]
    public async Task Submit_AtEveryBound_IsAccepted()
    {
        var labels = string.Join(',', Enumerable.Range(0, 32).Select(n => $"\"{n:00}{new string('k', 61)}\":\"{new string('v', 256)}\""));
        var deep = $"{new string('[', 29)}{new string(']', 29)}";
        var text = new string('x', (256 * 1024) - deep.Length - 13);
        var input = $"{{\"a\":\"{text}\",\"b\":{deep}}}";
        Assert.Equal(256 * 1024, input.Length);

        await api.Http.SubmittedAsync($"{{\"algorithm\":\"primes\",\"timeoutSeconds\":86400,\"noProgressTimeoutSeconds\":0.001,\"maxAttempts\":1,\"labels\":{{{labels}}},\"input\":{input}}}");
    }

    public static TheoryData<string> Malformed() =>
    [
        "", " ", "{", "{\"algorithm\":\"primes\"", "{\"algorithm\":\"primes\"}}", "{\"algorithm\":\"primes\"}{}", "nonsense", "{'algorithm':'primes'}",
        "{\"algorithm\":\"primes\",}", "{\"algorithm\":\"primes\"} // done", "\uFEFF{\"algorithm\":\"primes\"}", "{\"algorithm\":\"pri\nmes\"}", "{\"algorithm\":\"\\x\"}",
        "{\"algorithm\":\"primes\",\"algorithm\":\"primes\"}", "{\"algorithm\":\"primes\",\"input\":{\"a\":1,\"\\u0061\":2}}", "{\"\\ud800\":1,\"\\ud800\":2}", "{\"algorithm\":\"primes\",\"input\":{\"\\udc00\":1}}",
        "{\"algorithm\":\"primes\",\"timeoutSeconds\":NaN}", "{\"algorithm\":\"primes\",\"timeoutSeconds\":+1}", "{\"algorithm\":\"primes\",\"timeoutSeconds\":01}",
        "{\"algorithm\":\"primes\",\"input\":" + string.Concat(Enumerable.Repeat("{\"a\":", 32)) + "1" + new string('}', 33),
        new string('[', 100_000), "{\"algorithm\":\"primes\",\"input\":{\"a\":\"\0\"}}",
    ];

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Submit_NoJson_IsMalformed(string body)
    {
        var before = await api.TracesAsync();

        using var response = await api.Http.SubmitAsync(body);

        await HttpAssert.ProblemAsync(response, 400, "malformed-json");
        Assert.Equal(before, await api.TracesAsync());
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("\"primes\"")]
    public async Task Submit_NoObject_IsNotValid(string body)
    {
        using var response = await api.Http.SubmitAsync(body);

        await HttpAssert.ProblemAsync(response, 400, "validation");
    }

    [Fact]
    public async Task Submit_NoUtf8_IsMalformed()
    {
        using var content = new ByteArrayContent([.. "{\"algorithm\":\"primes\",\"labels\":{\"k\":\""u8, 0xC3, 0x28, .. "\"}}"u8]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        using var response = await api.Http.SendAsync(HttpMethod.Post, "/tasks", content);

        await HttpAssert.ProblemAsync(response, 400, "malformed-json");
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("text/plain", null)]
    [InlineData("application/xml", null)]
    [InlineData("application/json; charset=utf-16", null)]
    [InlineData("application/problem+json", null)]
    [InlineData("nonsense", null)]
    [InlineData("application/json", "gzip")]
    public async Task Submit_OtherContent_IsUnsupported(string? type, string? encoding)
    {
        using var content = new ByteArrayContent("{\"algorithm\":\"primes\"}"u8.ToArray());
        if (type is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        if (encoding is not null)
        {
            content.Headers.ContentEncoding.Add(encoding);
        }

        using var response = await api.Http.SendAsync(HttpMethod.Post, "/tasks", content);

        await HttpAssert.ProblemAsync(response, 415, "unsupported-media-type");
    }

    [Theory]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("APPLICATION/JSON;charset=\"UTF-8\"")]
    public async Task Submit_JsonInUtf8SaidOtherwise_IsAccepted(string type)
    {
        using var content = new ByteArrayContent("{\"algorithm\":\"primes\"}"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        using var response = await api.Http.SendAsync(HttpMethod.Post, "/tasks", content);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    [Theory]
    [InlineData(false, (1024 * 1024) + 1)]
    [InlineData(true, (1024 * 1024) + 1)]
    [InlineData(false, 9 * 1024 * 1024)]
    [InlineData(true, 9 * 1024 * 1024)]
    public async Task Submit_BodyTooLarge_Is413AlsoWhenChunked(bool chunked, int length)
    {
        var before = await api.TracesAsync();
        using var content = Json(Padded(length));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/tasks") { Content = content };
        request.Headers.TransferEncodingChunked = chunked;

        using var response = await api.Http.SendAsync(request);

        await HttpAssert.ProblemAsync(response, 413, "body-too-large");
        Assert.Equal(before, await api.TracesAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Submit_BodyAtItsBound_IsAccepted(bool chunked)
    {
        using var content = Json(Padded(1024 * 1024));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/tasks") { Content = content };
        request.Headers.TransferEncodingChunked = chunked;

        using var response = await api.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    [Fact]
    public async Task Submit_ExpectContinueWithABodyTooLarge_IsRefusedWithoutIt()
    {
        using var content = Json(Padded(2 * 1024 * 1024));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/tasks") { Content = content };
        request.Headers.ExpectContinue = true;

        using var response = await api.Http.SendAsync(request);

        await HttpAssert.ProblemAsync(response, 413, "body-too-large");
    }

    [Fact]
    public async Task Submit_SameKeyAndBody_GivesTheSameTaskAsItIsNow()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var id = await api.Http.SubmittedAsync("{\"algorithm\":\"primes\",\"input\":{\"n\":1}}", key);
        using (await api.Http.SendAsync(HttpMethod.Delete, $"/tasks/{id}"))
        {
        }

        using var again = await api.Other.SubmitAsync("{\"algorithm\":\"primes\",\"input\":{\"n\":1}}", key);
        using var other = await api.Other.SubmitAsync("{\"algorithm\":\"primes\",\"input\":{\"n\":2}}", key);

        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        Assert.Equal($"/tasks/{id}", HttpAssert.Header(again, "Location"));
        Assert.Equal("1", HttpAssert.Header(again, "Retry-After"));
        var task = await HttpAssert.BodyAsync(again);
        Assert.Equal(id, task.GetProperty("id").GetString());
        Assert.Equal("cancelled", task.GetProperty("status").GetString());
        await HttpAssert.ProblemAsync(other, 422, "idempotency-key-reused");
    }

    [Fact]
    public async Task Submit_SameKeyAfterItsDeadline_GivesTheTaskOfThen()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var at = TimeProvider.System.GetUtcNow().AddSeconds(1.5);
        var body = $"{{\"algorithm\":\"primes\",\"startBefore\":\"{at:yyyy-MM-ddTHH:mm:ss.fffZ}\"}}";
        var id = await api.Http.SubmittedAsync(body, key);
        using (await api.Http.SendAsync(HttpMethod.Get, $"/tasks/{id}", headers: ("Prefer", "wait=30")))
        {
        }

        using var again = await api.Other.SubmitAsync(body, key);
        using var fresh = await api.Other.SubmitAsync(body, ("Idempotency-Key", Guid.NewGuid().ToString()));

        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        Assert.Equal(id, (await HttpAssert.BodyAsync(again)).GetProperty("id").GetString());
        await HttpAssert.ProblemAsync(fresh, 400, "validation");
    }

    [Fact]
    public async Task Submit_FiftyAtOnceOverTwoReplicasWithOneKey_MakeOneTask()
    {
        var before = await api.TracesAsync();
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());

        var ids = await Task.WhenAll(Enumerable.Range(0, 50).Select(n => (n % 2 == 0 ? api.Http : api.Other).SubmittedAsync("{\"algorithm\":\"primes\"}", key)));

        Assert.Single(ids.Distinct());
        Assert.Equal(before.Tasks + 1, (await api.TracesAsync()).Tasks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("a\tb")]
    [InlineData("long")]
    public async Task Submit_KeyThatIsNone_IsNotValid(string key)
    {
        using var response = await api.Http.SubmitAsync("{\"algorithm\":\"primes\"}", ("Idempotency-Key", key == "long" ? new string('k', 256) : key));

        await HttpAssert.ProblemAsync(response, 400, "validation", "Idempotency-Key");
    }

    [Fact]
    public async Task Submit_Refused_DoesNotUseUpItsKey()
    {
        var key = ("Idempotency-Key", new string('k', 219) + Guid.NewGuid());
        using (var refused = await api.Http.SubmitAsync("{\"algorithm\":\"nobody has this\"}", key))
        {
            await HttpAssert.ProblemAsync(refused, 400, "validation", "algorithm");
        }

        await api.Http.SubmittedAsync("{\"algorithm\":\"primes\"}", key);
    }

    [Fact]
    public async Task Submit_PreferWait_AnswersWithTheEndedTask()
    {
        var submitted = api.Http.SubmitAsync("{\"algorithm\":\"primes\",\"labels\":{\"of\":\"this test\"}}", ("Prefer", "respond-async, wait=50"));
        var id = await NewestAsync();
        await api.Worker.ClaimAsync(id);
        Assert.Equal(0, await api.Redis.GetServers()[0].SubscriptionSubscriberCountAsync(RedisChannel.Literal($"tp:{{0}}:changes:{id}")));
        await api.Worker.FinishAsync(id);

        using var response = await submitted;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("wait=50", HttpAssert.Header(response, "Preference-Applied"));
        Assert.Null(HttpAssert.Header(response, "Retry-After"));
        Assert.Equal($"/tasks/{id}", HttpAssert.Header(response, "Location"));
        Assert.Equal("completed", (await HttpAssert.BodyAsync(response)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Submit_PreferWaitThatEndsFirst_Is202()
    {
        using var response = await api.Http.SubmitAsync("{\"algorithm\":\"primes\"}", ("Prefer", "wait=1"));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("wait=1", HttpAssert.Header(response, "Preference-Applied"));
    }

    [Theory]
    [InlineData("wait=999999999999999999999", "wait=60")]
    [InlineData("wait=\"0\"", "wait=0")]
    [InlineData("WAIT = 0; x=1", "wait=0")]
    [InlineData("wait=-1", null)]
    [InlineData("wait=soon", null)]
    [InlineData("wait=", null)]
    [InlineData("wait", null)]
    [InlineData("foo; wait=5", null)]
    [InlineData(",,;;==", null)]
    public async Task Prefer_NonsenseIsIgnored_TheRestIsCapped(string preference, string? applied)
    {
        // Of an ended task, so that nobody waits.
        var id = await api.Http.SubmittedAsync();
        using (await api.Http.SendAsync(HttpMethod.Delete, $"/tasks/{id}"))
        {
        }

        using var response = await api.Http.SendAsync(HttpMethod.Get, $"/tasks/{id}", headers: ("Prefer", preference));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(applied, HttpAssert.Header(response, "Preference-Applied"));
    }

    private static readonly JsonSerializerOptions s_plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static ByteArrayContent Json(byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    /// <summary>A valid submission of so many bytes.</summary>
    private static byte[] Padded(int length)
    {
        var body = "{\"algorithm\":\"primes\"}";
        return Encoding.ASCII.GetBytes(body + new string(' ', length - body.Length));
    }

    private async Task<string> NewestAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var page = await HttpAssert.BodyAsync(await api.Http.GetAsync(HttpAssert.Path("/tasks?limit=1"), limit.Token));
            var newest = page.GetProperty("items").EnumerateArray().FirstOrDefault();
            if (newest.ValueKind == JsonValueKind.Object && newest.GetProperty("labels").TryGetProperty("of", out _))
            {
                return newest.GetProperty("id").GetString()!;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }
}
