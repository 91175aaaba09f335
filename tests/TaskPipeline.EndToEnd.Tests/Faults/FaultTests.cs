using System.Text.Json;
using TaskPipeline.Testing;

namespace TaskPipeline.EndToEnd.Tests.Faults;

/// <summary>Every fault through the whole pipeline, as a client sees it: HTTP, queue, worker, guard, host and back.</summary>
[Collection(FaultCollection.Name)]
public sealed class FaultTests(FaultTopology topology)
{
    private const int WaitSeconds = 60;

    public static TheoryData<string> Names => FaultCases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Submit_FaultAlone_EndsAsDocumented(string name)
    {
        var fault = FaultCases.Get(name);
        var worker = topology.WorkerProcess;

        var task = await SubmitAsync(fault);

        ExpectDocumented(fault, task);
        Assert.Equal(worker, topology.WorkerProcess);
    }

    [Fact]
    public async Task Submit_AllFaultsBesideANeighbour_EndAsDocumentedAndTheNeighbourDoesNotNotice()
    {
        var over = Path.Combine(topology.Folder, $"over-{Guid.NewGuid():N}");
        var worker = topology.WorkerProcess;
        var neighbour = await topology.SubmitAsync(new { algorithm = "fault.neighbour", input = new { file = over }, timeoutSeconds = 600 });
        Assert.Equal("watching", (await topology.ReportedAsync(neighbour)).GetProperty("stage").GetString());

        var tasks = await Task.WhenAll(FaultCases.All.Select(SubmitAsync));
        var during = await topology.GetAsync(neighbour);
        await File.WriteAllTextAsync(over, "");
        var ended = await topology.EndAsync(neighbour);

        Assert.All(FaultCases.All.Zip(tasks), pair => ExpectDocumented(pair.First, pair.Second));
        Assert.Equal("processing", during.GetProperty("status").GetString());
        Assert.Equal("completed", ended.GetProperty("status").GetString());
        Assert.Equal(1, ended.GetProperty("attempt").GetInt32());
        Assert.InRange(ended.GetProperty("result").GetProperty("looks").GetInt32(), 1, int.MaxValue);
        Assert.All(tasks, task => Assert.Equal(ended.GetProperty("worker").GetString(), task.GetProperty("worker").GetString()));
        Assert.Equal(worker, topology.WorkerProcess);
    }

    [Fact]
    public async Task Submit_CrashThatMayBeRetried_IsTriedOnceMore()
    {
        var task = await topology.SubmitAsync(new { algorithm = "fault.segfault" }, WaitSeconds);

        Assert.Equal("failed", task.GetProperty("status").GetString());
        Assert.Equal(["crash", "crash"], task.GetProperty("attempts").EnumerateArray().Select(attempt => attempt.GetProperty("outcome").GetString()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_WithAGrandchildInItsOwnSession_IsReportedWhenAllOfItIsGone(bool cancel)
    {
        var task = await topology.SubmitAsync(new { algorithm = "fault.fork", input = new { hold = 600 }, timeoutSeconds = cancel ? 600 : 10 });
        var running = await topology.ReportedAsync(task);
        var grandchild = int.Parse(running.GetProperty("stage").GetString()!.Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture);
        Assert.NotNull(ProcessTable.Find(grandchild));

        if (cancel)
        {
            await topology.CancelAsync(task);
        }

        var ended = await topology.EndAsync(task);
        Assert.Null(ProcessTable.Find(grandchild));
        Assert.Equal(cancel ? "cancelled" : "timed_out", ended.GetProperty("status").GetString());
        Assert.Equal(cancel, ended.GetProperty("stopConfirmed").ValueKind == JsonValueKind.True);
        ExpectUsage(ended);
    }

    [Fact]
    public async Task Submit_AlgorithmThatBearsNoCompany_RunsOneAtATime()
    {
        var tasks = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => topology.SubmitAsync(new { algorithm = "fault.exclusive" }, WaitSeconds)));

        var runs = tasks.Select(task => task.GetProperty("result"))
            .Select(result => (Start: result.GetProperty("startedMicroseconds").GetInt64(), End: result.GetProperty("endedMicroseconds").GetInt64())).Order().ToArray();
        Assert.All(runs.Zip(runs.Skip(1)), pair => Assert.True(pair.First.End <= pair.Second.Start, $"{pair}"));
    }

    [Fact]
    public async Task Workers_LibrariesThatAreBroken_AreNamedThereAndInTheLogAndSkipped()
    {
        string[] expected =
        [
            "libtp_broken_abi.so: it is built for ABI 99.0, this host has 1.0",
            "libtp_broken_describe.so: describing it ended with SIGSEGV",
            "libtp_broken_load.so: it cannot be loaded: ",
            "libtp_broken_symbol.so: it does not export tp_library_describe",
        ];

        var worker = await topology.WorkerAsync();

        var problems = worker.GetProperty("problems").EnumerateArray().Select(problem => problem.GetString()!).ToArray();
        Assert.Equal(expected.Length, problems.Length);
        Assert.All(expected.Zip(problems), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
        Assert.All(expected, problem => Assert.Contains($"A library is skipped: {problem}", topology.Log, StringComparison.Ordinal));
        Assert.Contains("primes", worker.GetProperty("algorithms").EnumerateArray().Select(algorithm => algorithm.GetString()));
    }

    private Task<JsonElement> SubmitAsync(FaultCase fault)
    {
        // A file that is there.
        var input = fault.Input.Replace(FaultCases.File, topology.Folder, StringComparison.Ordinal);
        return topology.SubmitAsync(
            new { algorithm = fault.Algorithm, input = JsonDocument.Parse(input).RootElement, timeoutSeconds = fault.TimeoutSeconds, maxAttempts = 1 }, WaitSeconds);
    }

    private static void ExpectDocumented(FaultCase fault, JsonElement task)
    {
        Assert.True(fault.Status == task.GetProperty("status").GetString(), $"{fault.Name}: {task}");

        // Once: what was claimed ahead is given back when its turn does not come for a second, and has not run.
        Assert.Single(task.GetProperty("attempts").EnumerateArray(), attempt => attempt.GetProperty("outcome").GetString() != "released");
        ExpectUsage(task);
        var failure = task.GetProperty("failure");
        Assert.Equal(fault.Kind is null, failure.ValueKind == JsonValueKind.Null);
        if (fault.Kind is null)
        {
            return;
        }

        int? exitCode = failure.GetProperty("exitCode").ValueKind == JsonValueKind.Null ? null : failure.GetProperty("exitCode").GetInt32();
        Assert.Equal(
            (fault.Name, fault.Kind, fault.Signal, fault.ExitCode, fault.Limit),
            (fault.Name, failure.GetProperty("kind").GetString(), failure.GetProperty("signal").GetString(), exitCode, failure.GetProperty("limit").GetString()));
        Assert.Contains(fault.Says, failure.GetProperty("message").GetString(), StringComparison.Ordinal);
        if (task.GetProperty("stage").GetString() == "about to crash")
        {
            Assert.Equal(40, task.GetProperty("progress").GetInt32());
            Assert.StartsWith($"{fault.Algorithm.Replace("-declared", "", StringComparison.Ordinal)}: ", failure.GetProperty("stderr").GetString(), StringComparison.Ordinal);
        }
    }

    private static void ExpectUsage(JsonElement task)
    {
        var usage = task.GetProperty("usage");
        Assert.True(usage.GetProperty("wallSeconds").GetDouble() > 0, $"{task}");
        Assert.True(usage.GetProperty("cpuSeconds").GetDouble() >= 0, $"{task}");
        Assert.InRange(usage.GetProperty("peakMemoryBytes").GetInt64(), 1 << 20, 200 << 20);
    }
}
