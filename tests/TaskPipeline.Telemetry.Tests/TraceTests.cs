using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using TaskPipeline.Telemetry.Tests.Otlp;

namespace TaskPipeline.Telemetry.Tests;

[Collection(ObservedCollection.Name)]
public sealed class TraceTests(ObservedTopology topology)
{
    private const string Api = "TaskPipeline.Api";
    private const string Algorithm = "TaskPipeline.Algorithm";

    [Fact]
    public async Task Submit_OneTask_OneTraceFromTheRequestToTheStoredReport()
    {
        var task = await topology.SubmitAsync(new { algorithm = "hello" }, waitSeconds: 30);

        var trace = task.GetProperty("traceId").GetString()!;
        var received = await topology.Receiver.UntilAsync("the stored report and the request", telemetry =>
            Has(telemetry, trace, "report finished") && Has(telemetry, trace, "POST /tasks/") && Has(telemetry, trace, "run hello"));

        var report = received.Spans.Single(span => span.TraceId == trace && span.Name == "report finished");
        string[] way =
        [
            $"{Api} {Api} report finished",
            $"{Algorithm} {Algorithm} run hello",
            $"{Algorithm} RabbitMQ.Client.Subscriber",
            $"{Api} RabbitMQ.Client.Publisher",
            $"{Api} {Api} dispatch hello",
            $"{Api} Microsoft.AspNetCore POST /tasks/",
        ];
        Assert.Equal(way, received.Ancestry(report).Select(Describe));
        Assert.Equal("stored", report.Attributes["taskpipeline.verdict"]);
        Assert.Equal("", received.Ancestry(report)[^1].ParentId);
    }

    [Fact]
    public async Task Submit_OneTask_ItsSpansAreInNoOtherTrace()
    {
        var task = await topology.SubmitAsync(new { algorithm = "primes", input = new { limit = 1000 } }, waitSeconds: 30);

        var (id, trace) = (task.GetProperty("id").GetString()!, task.GetProperty("traceId").GetString()!);
        var received = await topology.Receiver.UntilAsync("the stored report", telemetry => Has(telemetry, trace, "report finished") && Has(telemetry, trace, "run primes") && Has(telemetry, trace, "dispatch primes"));

        var about = received.Spans.Where(span => span.Attributes.GetValueOrDefault("taskpipeline.task.id") == id).ToArray();
        Assert.Superset(new HashSet<string> { "claim primes", "dispatch primes", "report finished", "report started", "run primes" }, about.Select(span => span.Name).ToHashSet());
        Assert.All(about, span => Assert.Equal(trace, span.TraceId));
    }

    [Fact]
    public async Task Submit_WithTheTraceOfTheClient_JoinsIt()
    {
        const string Client = "00-11111111222222223333333344444444-5555555566666666-01";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/tasks") { Content = JsonContent.Create(new { algorithm = "primes", input = new { limit = 10 } }) };
        request.Headers.Add("traceparent", Client);

        using var response = await topology.Http.SendAsync(request);

        var task = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(Client.Split('-')[1], task.GetProperty("traceId").GetString());
        var received = await topology.Receiver.UntilAsync("the request", telemetry => Has(telemetry, Client.Split('-')[1], "POST /tasks/"));
        Assert.Equal(Client.Split('-')[2], received.Spans.Single(span => span.TraceId == Client.Split('-')[1] && span.Name == "POST /tasks/").ParentId);
    }

    [Fact]
    public async Task Submit_CodeThatCrashesTwice_EachAttemptIsAnErrorOfTheSameTrace()
    {
        var task = await topology.SubmitAsync(new { algorithm = "fault.segfault", maxAttempts = 2 }, waitSeconds: 60);

        var trace = task.GetProperty("traceId").GetString()!;
        var received = await topology.Receiver.UntilAsync("two attempts", telemetry => telemetry.Spans.Count(span => span.TraceId == trace && span.Name == "report finished") == 2
            && telemetry.Spans.Count(span => span.TraceId == trace && span.Name == "run fault.segfault") == 2 && Has(telemetry, trace, "POST /tasks/"));

        var runs = received.Spans.Where(span => span.TraceId == trace && span.Name == "run fault.segfault").OrderBy(span => span.Attributes["taskpipeline.task.attempt"]).ToArray();
        Assert.Equal(["1", "2"], runs.Select(run => run.Attributes["taskpipeline.task.attempt"]));
        Assert.All(runs, run =>
        {
            Assert.True(run.IsError);
            Assert.Equal("SIGSEGV", run.Attributes["error.type"]);
            Assert.Equal("crash", run.Attributes["taskpipeline.outcome"]);
            Assert.Equal(["stage", "crash"], run.Events.Select(@event => @event.Name));
            Assert.Equal("about to crash", run.Events[0].Attributes["taskpipeline.stage"]);
            Assert.Equal("SIGSEGV", run.Events[1].Attributes["taskpipeline.failure.signal"]);

            var way = received.Ancestry(run);
            Assert.Equal("POST /tasks/", way[^1].Name);
            Assert.Contains(way, span => span.Name == "dispatch fault.segfault");
        });

        // Published again by a timer, which belongs to no request.
        Assert.Contains(received.Ancestry(runs[1]), span => span.Name == "timer");
        Assert.DoesNotContain(received.Ancestry(runs[0]), span => span.Name == "timer");
    }

    [Fact]
    public async Task Callback_BatchOfReportsOfSeveralTraces_EachIsASpanOfItsOwnTrace()
    {
        var (one, other) = (ActivityTraceId.CreateRandom().ToHexString(), ActivityTraceId.CreateRandom().ToHexString());
        var (oneSpan, otherSpan) = (ActivitySpanId.CreateRandom().ToHexString(), ActivitySpanId.CreateRandom().ToHexString());
        using var request = new HttpRequestMessage(HttpMethod.Post, "/callbacks")
        {
            Content = JsonContent.Create(new[] { Claim($"00-{one}-{oneSpan}-01"), Claim($"00-{other}-{otherSpan}-01") }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", topology.Topology.Secret);

        using var response = await topology.Http.SendAsync(request);

        Assert.Equal(["unknown", "unknown"], (await response.Content.ReadFromJsonAsync<JsonElement>()).EnumerateArray().Select(verdict => verdict.GetProperty("kind").GetString()));
        var received = await topology.Receiver.UntilAsync("both reports", telemetry => Has(telemetry, one, "report started") && Has(telemetry, other, "report started"));
        var (first, second) = (received.Spans.Single(span => span.TraceId == one), received.Spans.Single(span => span.TraceId == other));
        Assert.Equal((oneSpan, otherSpan), (first.ParentId, second.ParentId));
        Assert.Equal(Assert.Single(first.Links), Assert.Single(second.Links));
    }

    [Fact]
    public async Task Log_LinesAboutATask_CarryItsTrace()
    {
        var task = await topology.SubmitAsync(new { algorithm = "fault.abort", maxAttempts = 2 }, waitSeconds: 60);

        var (id, trace) = (task.GetProperty("id").GetString()!, task.GetProperty("traceId").GetString()!);
        var received = await topology.Receiver.UntilAsync("two lines of the worker", telemetry => telemetry.Logs.Count(line => About(line, id) && line.Service == Algorithm) >= 2);

        Assert.All(received.Logs.Where(line => About(line, id)), line => Assert.Equal((line.Text, trace), (line.Text, line.TraceId)));
    }

    private static object Claim(string traceParent) => new
    {
        type = "started",
        worker = "test",
        taskId = Guid.CreateVersion7().ToString(),
        claimId = "claim",
        dispatch = 1,
        traceParent,
    };

    private static bool About(OtlpLog line, string id) => line.Attributes.GetValueOrDefault("TaskId") == id || line.Text.Contains(id, StringComparison.Ordinal);

    private static bool Has(Received telemetry, string trace, string name) => telemetry.Spans.Any(span => span.TraceId == trace && span.Name == name);

    /// <summary>The spans of RabbitMQ.Client are told by their source: their names are its own business.</summary>
    private static string Describe(OtlpSpan span) =>
        span.Source.StartsWith("RabbitMQ.", StringComparison.Ordinal) ? $"{span.Service} {span.Source}" : $"{span.Service} {span.Source} {span.Name}";
}
