using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace TaskPipeline.Integration.Tests.Http;

/// <summary>Requests as clients write them, and what every answer must be like.</summary>
internal static class HttpAssert
{
    public static Uri Path(string path) => new(path, UriKind.Relative);

    public static StringContent Json(string body) => new(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));

    public static async Task<HttpResponseMessage> SendAsync(
        this HttpClient http, HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, Path(path)) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await http.SendAsync(request);
    }

    public static Task<HttpResponseMessage> SubmitAsync(this HttpClient http, string body, params (string Name, string Value)[] headers) =>
        http.SendAsync(HttpMethod.Post, "/tasks", Json(body), headers);

    /// <summary>Submits a task that is accepted.</summary>
    public static async Task<string> SubmittedAsync(this HttpClient http, string body = "{\"algorithm\":\"primes\"}", params (string Name, string Value)[] headers)
    {
        using var response = await http.SubmitAsync(body, headers);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return (await BodyAsync(response)).GetProperty("id").GetString()!;
    }

    public static async Task<JsonElement> TaskAsync(this HttpClient http, string id)
    {
        using var response = await http.GetAsync(Path($"/tasks/{id}"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await BodyAsync(response);
    }

    public static async Task<JsonElement> BodyAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        return document.RootElement.Clone();
    }

    /// <summary>The answer is this problem, in the form of RFC 9457, with every member.</summary>
    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, int status, string slug, params string[] members)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        using var document = JsonDocument.Parse(text);
        var problem = document.RootElement.Clone();
        Assert.Equal($"urn:taskpipeline:problem:{slug}", problem.GetProperty("type").GetString());
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.NotEqual("", problem.GetProperty("title").GetString());
        Assert.Equal(["type", "title", "status", "detail", "errors"], problem.EnumerateObject().Select(member => member.Name));
        if (members.Length > 0)
        {
            Assert.Equal(members.Order(StringComparer.Ordinal), problem.GetProperty("errors").EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
            Assert.All(problem.GetProperty("errors").EnumerateObject(), member => Assert.NotEmpty(member.Value.EnumerateArray()));
        }

        return problem;
    }

    public static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? Assert.Single(values) : null;
}
