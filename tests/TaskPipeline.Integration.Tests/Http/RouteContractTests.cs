using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TaskPipeline.Integration.Tests.Http;

/// <summary>What holds for every route, and for what is none.</summary>
[Collection(ApiGroup.Name)]
public sealed class RouteContractTests(ApiFixture api)
{
    [Theory]
    [InlineData("/nothing")]
    [InlineData("/tasks/a/b/c")]
    [InlineData("//tasks")]
    [InlineData("/..%2f..%2fetc/passwd")]
    [InlineData("/openapi/v2.json")]
    [InlineData("/health/more")]
    public async Task Get_NoRoute_Is404(string path)
    {
        using var response = await api.Http.GetAsync(new Uri($"http://127.0.0.1:{api.Port}{path}"));

        await HttpAssert.ProblemAsync(response, 404, "not-found");
    }

    [Theory]
    [InlineData("PUT", "/tasks")]
    [InlineData("DELETE", "/tasks")]
    [InlineData("PATCH", "/tasks/x")]
    [InlineData("POST", "/tasks/x")]
    [InlineData("OPTIONS", "/tasks")]
    [InlineData("GET", "/tasks/x/retry")]
    [InlineData("POST", "/tasks/x/events")]
    [InlineData("POST", "/workers")]
    [InlineData("DELETE", "/algorithms")]
    [InlineData("NONSENSE", "/tasks")]
    public async Task AnyRoute_OtherMethod_Is405WithAllow(string method, string path)
    {
        using var response = await api.Http.SendAsync(new HttpMethod(method), path);

        await HttpAssert.ProblemAsync(response, 405, "method-not-allowed");
        Assert.NotEmpty(response.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("/tasks", HttpStatusCode.MethodNotAllowed)]
    [InlineData("/tasks/x", HttpStatusCode.MethodNotAllowed)]
    [InlineData("/tasks/x/events", HttpStatusCode.MethodNotAllowed)]
    [InlineData("/workers", HttpStatusCode.MethodNotAllowed)]
    [InlineData("/", HttpStatusCode.OK)]
    [InlineData("/health", HttpStatusCode.OK)]
    [InlineData("/alive", HttpStatusCode.OK)]
    public async Task Head_AnyRoute_IsServedByConsoleAndHealthAlone(string path, HttpStatusCode status)
    {
        using var response = await api.Http.SendAsync(HttpMethod.Head, path);

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task TrailingSlash_IsTheSameRoute()
    {
        using var response = await api.Http.SendAsync(HttpMethod.Post, "/tasks/", HttpAssert.Json("{\"algorithm\":\"primes\"}"));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    [Fact]
    public async Task Algorithms_OfAnyWorkerEver_AreListedByName()
    {
        using var response = await api.Other.GetAsync(HttpAssert.Path("/algorithms"));

        Assert.Equal(
            "{\"items\":[{\"name\":\"hello\",\"version\":\"1.0\",\"description\":\"Takes three seconds\",\"defaultTimeoutSeconds\":20},"
            + "{\"name\":\"primes\",\"version\":\"1.0\",\"description\":\"Counts primes\",\"defaultTimeoutSeconds\":null}],\"nextCursor\":null}",
            await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task HealthAndAlive_EverythingIsThere_AreWell()
    {
        using var health = await api.Http.GetAsync(HttpAssert.Path("/health"));
        using var alive = await api.Http.GetAsync(HttpAssert.Path("/alive"));

        Assert.Equal((HttpStatusCode.OK, "Healthy"), (health.StatusCode, await health.Content.ReadAsStringAsync()));
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
    }

    [Fact]
    public async Task OpenApi_DescribesEveryPublicCallAndNotTheCallback()
    {
        using var response = await api.Http.GetAsync(HttpAssert.Path("/openapi/v1.json"));
        var document = await HttpAssert.BodyAsync(response);

        var calls = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{operation.Name} {path.Name}")).ToArray();
        foreach (var call in (string[])["post /tasks", "get /tasks", "get /tasks/{id}", "delete /tasks/{id}", "post /tasks/{id}/retry", "get /tasks/{id}/events", "get /algorithms", "get /workers"])
        {
            Assert.Contains(call, calls);
        }

        Assert.DoesNotContain(calls, call => call.Contains("callbacks", StringComparison.Ordinal));
        var schemas = document.GetProperty("components").GetProperty("schemas");
        var task = schemas.GetProperty("TaskResponse");
        Assert.Equal(SubmitContractTests.Members.Order(StringComparer.Ordinal), task.GetProperty("properties").EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        Assert.Equal(SubmitContractTests.Members.Length, task.GetProperty("required").GetArrayLength());
        var body = schemas.GetProperty("SubmitBody");
        Assert.Equal("[\"algorithm\"]", body.GetProperty("required").GetRawText().Replace(" ", "", StringComparison.Ordinal).ReplaceLineEndings(""));
        Assert.False(body.GetProperty("additionalProperties").GetBoolean());
    }

    /// <summary>The description and the reader of submissions know the same members: each with a value of no type is at fault by its own name.</summary>
    [Fact]
    public async Task OpenApi_MembersOfASubmission_AreThoseThatAreRead()
    {
        using var response = await api.Http.GetAsync(HttpAssert.Path("/openapi/v1.json"));
        var members = (await HttpAssert.BodyAsync(response)).GetProperty("components").GetProperty("schemas").GetProperty("SubmitBody").GetProperty("properties")
            .EnumerateObject().Select(member => member.Name).ToArray();

        using var refused = await api.Http.SubmitAsync($"{{{string.Join(',', members.Select(member => $"\"{member}\":false"))}}}");

        var problem = await HttpAssert.ProblemAsync(refused, 400, "validation", members);
        Assert.DoesNotContain("is not a member", problem.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scalar_IsServed()
    {
        using var response = await api.Http.GetAsync(HttpAssert.Path("/scalar"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
    }

    public static TheoryData<string> BrokenRequests() =>
    [
        "nonsense\r\n\r\n",
        "GET /tasks HTTP/9.9\r\n\r\n",
        "GET /tasks/%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /tasks\r\n\r\n",
        "GET http:///tasks HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /tasks HTTP/1.1\r\n\r\n",
        "GET /tasks HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n",
        $"GET /tasks HTTP/1.1\r\nHost: x\r\nX-Long: {new string('x', 40_000)}\r\n\r\n",
        $"GET /{new string('x', 20_000)} HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: -5\r\n\r\n",
        "POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
        "POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: gzip\r\n\r\n",
        "POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
        "POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n",
        "POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Length: 1099511627776\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "CONNECT x:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ];

    [Theory]
    [MemberData(nameof(BrokenRequests))]
    public async Task Socket_BrokenRequest_GetsA4xxAtOnce(string request)
    {
        var before = await api.TracesAsync();

        var answer = await ExchangeAsync(request);

        // 505 is what the server says to a version of HTTP that it does not speak; it has nothing to do with us.
        Assert.Matches("^HTTP/1\\.1 (4\\d\\d|505) ", answer);
        Assert.Equal(before, await api.TracesAsync());
    }

    [Fact]
    public async Task Socket_BodyThatIsCutOff_LeavesNoTrace()
    {
        var before = await api.TracesAsync();
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, api.Port);
            await client.GetStream().WriteAsync("POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"algorithm\":\"primes\"}"u8.ToArray());
        }

        await api.Http.SubmittedAsync();
        Assert.Equal(before.Tasks + 1, (await api.TracesAsync()).Tasks);
        Assert.DoesNotContain("/tasks failed", api.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fuzz_RandomBodies_NeverGetA5xxAndLeaveNoTrace()
    {
        var before = await api.TracesAsync();
        var seed = Environment.TickCount;
        var random = new Random(seed);
        const string Valid = "{\"algorithm\":\"primes\",\"input\":{\"limit\":10,\"x\":[1,2,{\"y\":\"z\"}]},\"timeoutSeconds\":5,\"labels\":{\"a\":\"b\"},\"maxAttempts\":2}";
        byte[][] pieces = ["\\ud800"u8.ToArray(), "1e400"u8.ToArray(), "-0"u8.ToArray(), [0], [0xFF], "{"u8.ToArray(), "}"u8.ToArray(), "["u8.ToArray(), "\""u8.ToArray(), ","u8.ToArray(), "null"u8.ToArray(), "\\u0000"u8.ToArray(), [0xEF, 0xBB, 0xBF]];
        for (var n = 0; n < 300; n++)
        {
            var body = Encoding.UTF8.GetBytes(Valid).ToList();
            for (var change = random.Next(1, 6); change > 0; change--)
            {
                var at = random.Next(body.Count);
                switch (random.Next(3))
                {
                    case 0:
                        body.RemoveRange(at, Math.Min(body.Count - at, random.Next(1, 8)));
                        break;
                    case 1:
                        body.InsertRange(at, pieces[random.Next(pieces.Length)]);
                        break;
                    default:
                        body[at] = (byte)random.Next(256);
                        break;
                }

                body.AddRange("x"u8);
            }

            // What is after the object makes it bad in any case.
            using var content = new ByteArrayContent([.. body]);
            content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
            using var response = await api.Http.SendAsync(HttpMethod.Post, "/tasks", content);
            Assert.True((int)response.StatusCode == 400, $"seed {seed}, round {n}: {(int)response.StatusCode} for {Encoding.Latin1.GetString([.. body])}");
        }

        Assert.Equal(before, await api.TracesAsync());
        Assert.Empty(await api.StrayMessagesAsync());
    }

    /// <summary>What the server says before it closes the connection, or until the first answer is whole.</summary>
    private async Task<string> ExchangeAsync(string request)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, api.Port, limit.Token);
        var stream = client.GetStream();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request), limit.Token);
        }
        catch (IOException)
        {
            // Refused before all of it was read; the answer is there to be read.
        }

        var answer = new StringBuilder();
        var buffer = new byte[4_096];
        while (!answer.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(buffer, limit.Token) is > 0 and var count)
        {
            answer.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return answer.ToString();
    }
}
