using System.Net;
using System.Text.Json;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Integration.Tests.Http;

/// <summary>What the other calls on tasks promise.</summary>
[Collection(ApiGroup.Name)]
public sealed class TaskContractTests(ApiFixture api)
{
    public static TheoryData<string> NoIds() =>
    [
        "x", "00000000-0000-0000-0000-000000000000", "01933b1e-7a57-7c3e-9f5a-6f0d8c1b2a3e", "01933B1E-7A57-7C3E-9F5A-6F0D8C1B2A3E", "01933b1e7a577c3e9f5a6f0d8c1b2a3e",
        "{01933b1e-7a57-7c3e-9f5a-6f0d8c1b2a3e}", "01933b1e-7a57-4c3e-9f5a-6f0d8c1b2a3e", "%20", "..%2f..%2fetc%2fpasswd", "%E2%82%AC", "%ff", "01933b1e-7a57-7c3e-9f5a-6f0d8c1b2a3e%0a",
    ];

    [Theory]
    [MemberData(nameof(NoIds))]
    public async Task AnyCall_NoSuchId_Is404(string id)
    {
        foreach (var (method, path) in new[] { (HttpMethod.Get, id), (HttpMethod.Delete, id), (HttpMethod.Get, $"{id}/events"), (HttpMethod.Post, $"{id}/retry") })
        {
            using var response = await api.Http.SendAsync(method, $"/tasks/{path}", headers: ("Prefer", "wait=5"));

            await HttpAssert.ProblemAsync(response, 404, "task-not-found");
            Assert.Null(HttpAssert.Header(response, "Preference-Applied"));
        }
    }

    [Fact]
    public async Task Get_WhileItLives_SaysWhenToAskAgain()
    {
        var id = await api.Http.SubmittedAsync();
        using var pending = await api.Other.GetAsync(HttpAssert.Path($"/tasks/{id}"));
        Assert.Equal("1", HttpAssert.Header(pending, "Retry-After"));
        Assert.Equal("W/\"1\"", HttpAssert.Header(pending, "ETag"));

        using (await api.Http.SendAsync(HttpMethod.Delete, $"/tasks/{id}"))
        {
        }

        using var ended = await api.Other.GetAsync(HttpAssert.Path($"/tasks/{id}"));
        Assert.Null(HttpAssert.Header(ended, "Retry-After"));
        Assert.Equal("W/\"2\"", HttpAssert.Header(ended, "ETag"));
    }

    [Theory]
    [InlineData("W/\"1\"", 304)]
    [InlineData("\"1\"", 304)]
    [InlineData("W/\"7\", W/\"1\"", 304)]
    [InlineData("*", 304)]
    [InlineData("W/\"2\"", 200)]
    [InlineData("1", 200)]
    [InlineData("nonsense", 200)]
    public async Task Get_IfNoneMatch_ComparesTheVersion(string given, int status)
    {
        var id = await api.Http.SubmittedAsync();

        using var response = await api.Http.SendAsync(HttpMethod.Get, $"/tasks/{id}", headers: ("If-None-Match", given));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("W/\"1\"", HttpAssert.Header(response, "ETag"));
        Assert.Equal(status == 304, (await response.Content.ReadAsByteArrayAsync()).Length == 0);
    }

    [Fact]
    public async Task Life_FromClaimToEnd_ShowsInEveryMember()
    {
        var id = await api.Http.SubmittedAsync();
        var granted = await api.Worker.ClaimAsync(id);
        Assert.Equal((VerdictKind.Granted, 1, 10.0), (granted.Kind, granted.Attempt, granted.LeaseSeconds));
        await api.Worker.ProgressAsync(id, 40, sequence: 1, stage: "sieving");

        var running = await api.Http.TaskAsync(id);
        Assert.Equal("processing", running.GetProperty("status").GetString());
        Assert.Equal(40, running.GetProperty("progress").GetInt32());
        Assert.Equal("sieving", running.GetProperty("stage").GetString());
        Assert.Equal(FakeWorker.Name, running.GetProperty("worker").GetString());
        Assert.Equal(1, running.GetProperty("attempt").GetInt32());
        Assert.Equal(3, running.GetProperty("version").GetInt64());
        Assert.Equal(JsonValueKind.Null, running.GetProperty("queue").ValueKind);
        var started = running.GetProperty("startedAt").GetDateTimeOffset();
        var attempt = Assert.Single(running.GetProperty("attempts").EnumerateArray());
        Assert.Equal(["attempt", "worker", "startedAt", "finishedAt", "outcome", "failure"], attempt.EnumerateObject().Select(member => member.Name));
        Assert.Equal(JsonValueKind.Null, attempt.GetProperty("outcome").ValueKind);

        await api.Worker.FinishAsync(id, result: "{ \"count\" : 4 }");
        var ended = await api.Http.TaskAsync(id);
        Assert.Equal("completed", ended.GetProperty("status").GetString());
        Assert.Equal(100, ended.GetProperty("progress").GetInt32());
        Assert.Equal("{ \"count\" : 4 }", ended.GetProperty("result").GetRawText());
        Assert.Equal("printed", ended.GetProperty("output").GetString());
        Assert.Equal(started, ended.GetProperty("startedAt").GetDateTimeOffset());
        Assert.True(ended.GetProperty("finishedAt").GetDateTimeOffset() > started);
        Assert.Equal("{\"wallSeconds\":0.015,\"cpuSeconds\":0.0125,\"peakMemoryBytes\":1000000}", ended.GetProperty("usage").GetRawText());
        Assert.Equal("completed", ended.GetProperty("attempts")[0].GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task Failure_HasEveryMember()
    {
        var id = await api.Http.SubmittedAsync();
        await api.Worker.ClaimAsync(id);
        await api.Worker.FinishAsync(
            id, TaskOutcome.Error, failure: new TaskFailure { Kind = FailureKinds.Rejected, Message = "bad input", Signal = "SIGSEGV", Limit = "memory", Stderr = "tail" });

        var task = await api.Http.TaskAsync(id);

        Assert.Equal("failed", task.GetProperty("status").GetString());
        Assert.Equal(
            "{\"kind\":\"rejected\",\"message\":\"bad input\",\"signal\":\"SIGSEGV\",\"exitCode\":null,\"limit\":\"memory\",\"stderr\":\"tail\"}",
            task.GetProperty("failure").GetRawText());
    }

    [Fact]
    public async Task Result_LargerThanItsBound_FailsTheTaskAsRejected()
    {
        var id = await api.Http.SubmittedAsync();
        await api.Worker.ClaimAsync(id);

        Assert.Equal(VerdictKind.Stored, (await api.Worker.FinishAsync(id, result: new string('1', CallbackProtocol.MaxResultBytes + 1))).Kind);

        var task = await api.Http.TaskAsync(id);
        Assert.Equal("failed", task.GetProperty("status").GetString());
        Assert.Equal("rejected", task.GetProperty("failure").GetProperty("kind").GetString());
        Assert.Equal(JsonValueKind.Null, task.GetProperty("result").ValueKind);
    }

    [Fact]
    public async Task Cancel_Pending_EndsAtOnceAndMayBeRepeated()
    {
        var id = await api.Http.SubmittedAsync();

        for (var n = 0; n < 2; n++)
        {
            using var response = await api.Http.SendAsync(HttpMethod.Delete, $"/tasks/{id}");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var task = await HttpAssert.BodyAsync(response);
            Assert.Equal("cancelled", task.GetProperty("status").GetString());
            Assert.True(task.GetProperty("stopConfirmed").GetBoolean());
            Assert.Equal(2, task.GetProperty("version").GetInt64());
        }

        Assert.Equal(VerdictKind.Cancelled, (await api.Worker.ClaimAsync(id)).Kind);
    }

    [Fact]
    public async Task Cancel_Processing_IsToldInEveryVerdictAndWins()
    {
        var id = await api.Http.SubmittedAsync();
        await api.Worker.ClaimAsync(id);
        for (var n = 0; n < 2; n++)
        {
            using var response = await api.Other.SendAsync(HttpMethod.Delete, $"/tasks/{id}");
            var task = await HttpAssert.BodyAsync(response);
            Assert.Equal("processing", task.GetProperty("status").GetString());
            Assert.True(task.GetProperty("cancelRequested").GetBoolean());
            Assert.Equal("1", HttpAssert.Header(response, "Retry-After"));
        }

        Assert.True((await api.Worker.ProgressAsync(id, 50, sequence: 1)).Cancel);
        Assert.Equal(VerdictKind.Stored, (await api.Worker.FinishAsync(id)).Kind);

        var ended = await api.Http.TaskAsync(id);
        Assert.Equal("cancelled", ended.GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Null, ended.GetProperty("result").ValueKind);
    }

    [Fact]
    public async Task Cancel_EndedOtherwise_Is409()
    {
        var id = await api.Http.SubmittedAsync();
        await api.Worker.ClaimAsync(id);
        await api.Worker.FinishAsync(id);

        using var response = await api.Http.SendAsync(HttpMethod.Delete, $"/tasks/{id}");

        var problem = await HttpAssert.ProblemAsync(response, 409, "task-ended");
        Assert.Contains("completed", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retry_Ended_IsANewTaskWithTheSameSubmission()
    {
        var id = await api.Http.SubmittedAsync("{\"algorithm\":\"primes\",\"input\":{\"limit\": 7},\"priority\":\"urgent\",\"labels\":{\"a\":\"b\"},\"timeoutSeconds\":3}");
        using (var early = await api.Http.SendAsync(HttpMethod.Post, $"/tasks/{id}/retry"))
        {
            await HttpAssert.ProblemAsync(early, 409, "task-not-ended");
        }

        using (await api.Http.SendAsync(HttpMethod.Delete, $"/tasks/{id}"))
        {
        }

        using var response = await api.Http.SendAsync(HttpMethod.Post, $"/tasks/{id}/retry", headers: ("Idempotency-Key", $"retry-{id}"));
        using var repeated = await api.Http.SendAsync(HttpMethod.Post, $"/tasks/{id}/retry", headers: ("Idempotency-Key", $"retry-{id}"));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var task = await HttpAssert.BodyAsync(response);
        Assert.Equal($"/tasks/{task.GetProperty("id").GetString()}", HttpAssert.Header(response, "Location"));
        Assert.Equal("1", HttpAssert.Header(response, "Retry-After"));
        Assert.NotEqual(id, task.GetProperty("id").GetString());
        Assert.Equal(id, task.GetProperty("retryOf").GetString());
        Assert.Equal("pending", task.GetProperty("status").GetString());
        Assert.Equal("{\"limit\": 7}", task.GetProperty("input").GetRawText());
        Assert.Equal("urgent", task.GetProperty("lane").GetString());
        Assert.Equal("b", task.GetProperty("labels").GetProperty("a").GetString());
        Assert.Equal(3, task.GetProperty("timeoutSeconds").GetDouble());
        Assert.Equal(task.GetProperty("id").GetString(), (await HttpAssert.BodyAsync(repeated)).GetProperty("id").GetString());
    }

    [Fact]
    public async Task List_OfMany_IsPagedNewestFirstAndFiltered()
    {
        var ids = new List<string>();
        for (var n = 0; n < 5; n++)
        {
            ids.Add(await api.Http.SubmittedAsync("{\"algorithm\":\"hello\",\"priority\":\"background\"}"));
        }

        using (await api.Http.SendAsync(HttpMethod.Delete, $"/tasks/{ids[1]}"))
        {
        }

        var seen = new List<string>();
        var cursor = "";
        do
        {
            using var response = await api.Other.GetAsync(HttpAssert.Path($"/tasks?algorithm=hello&limit=2{cursor}"));
            var page = await HttpAssert.BodyAsync(response);
            Assert.Equal(["items", "nextCursor"], page.EnumerateObject().Select(member => member.Name));
            var items = page.GetProperty("items").EnumerateArray().ToArray();
            Assert.All(items, item => Assert.Equal(
                SubmitContractTests.Members.Where(name => name != "input").Order(StringComparer.Ordinal),
                item.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal)));
            seen.AddRange(items.Select(item => item.GetProperty("id").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString() is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);

        Assert.Equal(ids.AsEnumerable().Reverse(), seen.Take(5));
        Assert.Equal(seen.OrderDescending(StringComparer.Ordinal), seen);
        using var cancelled = await api.Http.GetAsync(HttpAssert.Path("/tasks?algorithm=hello&status=cancelled&limit=100"));
        var found = (await HttpAssert.BodyAsync(cancelled)).GetProperty("items").EnumerateArray().ToArray();
        Assert.Contains(found, item => item.GetProperty("id").GetString() == ids[1]);
        Assert.All(found, item => Assert.Equal("cancelled", item.GetProperty("status").GetString()));
        using var byStatus = await api.Http.GetAsync(HttpAssert.Path("/tasks?status=cancelled&limit=1"));
        Assert.Single((await HttpAssert.BodyAsync(byStatus)).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task List_UnknownAlgorithm_IsEmpty()
    {
        using var response = await api.Http.GetAsync(HttpAssert.Path("/tasks?algorithm=nobody%20has%20this"));

        Assert.Equal("{\"items\":[],\"nextCursor\":null}", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=1e1", "limit")]
    [InlineData("limit=", "limit")]
    [InlineData("limit=5&limit=5", "limit")]
    [InlineData("limit=99999999999999", "limit")]
    [InlineData("status=Pending", "status")]
    [InlineData("status=", "status")]
    [InlineData("status=pending,failed", "status")]
    [InlineData("status=pending&status=failed", "status")]
    [InlineData("algorithm=", "algorithm")]
    [InlineData("algorithm=a&algorithm=b", "algorithm")]
    [InlineData("algorithm=%00", "algorithm")]
    [InlineData("cursor=", "cursor")]
    [InlineData("cursor=nonsense", "cursor")]
    [InlineData("cursor=01933b1e-7a57-7c3e-9f5a-6f0d8c1b2a3e&cursor=01933b1e-7a57-7c3e-9f5a-6f0d8c1b2a3e", "cursor")]
    [InlineData("page=2", "page")]
    [InlineData("Limit=5", "Limit")]
    public async Task List_WrongQuery_NamesTheMember(string query, string member)
    {
        using var response = await api.Http.GetAsync(HttpAssert.Path($"/tasks?{query}"));

        await HttpAssert.ProblemAsync(response, 400, "validation", member);
    }

    [Fact]
    public async Task Wait_OnTheOtherReplica_EndsWithTheTask()
    {
        var id = await api.Http.SubmittedAsync();
        var waiting = api.Other.SendAsync(HttpMethod.Get, $"/tasks/{id}", headers: ("Prefer", "wait=60"));
        await api.Worker.ClaimAsync(id);
        await api.Worker.FinishAsync(id);

        using var response = await waiting;

        Assert.Equal("wait=60", HttpAssert.Header(response, "Preference-Applied"));
        Assert.Equal("completed", (await HttpAssert.BodyAsync(response)).GetProperty("status").GetString());
    }
}
