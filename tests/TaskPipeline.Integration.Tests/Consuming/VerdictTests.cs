using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Consuming;

/// <summary>One worker for all tests of the class, which bring tasks of their own.</summary>
public sealed class SharedWorker(RabbitMqServer server) : WorkerFixture(server)
{
    protected override (string Name, string Value)[] Settings => [("Worker__Slots", "4"), ("Callbacks__RequestLimit", "00:00:30")];
}

/// <summary>What the worker makes of every answer that the API may give, and of none.</summary>
[Collection(BrokerCollection.Name)]
public sealed class VerdictTests(SharedWorker shared) : IClassFixture<SharedWorker>
{
    private readonly BrokerHost _broker = shared.Broker;
    private readonly ScriptedApi _api = shared.Api;

    [Theory]
    [InlineData(VerdictKind.Cancelled)]
    [InlineData(VerdictKind.Stale)]
    [InlineData(VerdictKind.Busy)]
    [InlineData(VerdictKind.Invalid)]
    public async Task Claim_Refused_IsForgotten(VerdictKind verdict)
    {
        var message = BrokerHost.Message("primes", new { limit = 10 });
        _api.Script(message.TaskId, _ => Verdicts.Of(verdict));
        await _broker.PublishAsync(message);
        await _api.ExpectClaimAsync(message.TaskId);

        await RunAnotherAsync();

        Assert.Single(_api.Received<TaskReport>(report => report.TaskId == message.TaskId));
    }

    [Fact]
    public async Task Claim_WhoseAnswerIsLost_IsAskedAgainWithTheSameId()
    {
        var message = BrokerHost.Message("primes", new { limit = 10 });
        _api.Script(message.TaskId, report => report is StartedReport && _api.Received<StartedReport>(Of(message)).Count < 3 ? throw new AnswerLostException() : (ReportVerdict?)null);
        await _broker.PublishAsync(message);

        await _api.ExpectFinishedAsync(message.TaskId);

        var claims = _api.Received<StartedReport>(Of(message));
        Assert.Equal(3, claims.Count);
        Assert.Single(claims.Select(claim => claim.ClaimId).Distinct());
    }

    [Fact]
    public async Task Claim_Unknown_IsRepeatedWithTheMessage()
    {
        var message = BrokerHost.Message("primes", new { limit = 10 });
        _api.Script(message.TaskId, report => report.Message is null && report is StartedReport ? Verdicts.Of(VerdictKind.Unknown) : null);
        await _broker.PublishAsync(message);

        await _api.ExpectFinishedAsync(message.TaskId);

        var claims = _api.Received<StartedReport>(Of(message));
        Assert.Equal([null, message.TaskId], claims.Select(claim => claim.Message?.TaskId));
    }

    [Theory]
    [InlineData(VerdictKind.Retry, 4)]
    [InlineData(VerdictKind.Unknown, 2)]
    public async Task FinalReport_NotStored_IsRepeatedAsItWas(VerdictKind verdict, int times)
    {
        var message = BrokerHost.Message("primes", new { limit = 10 });
        _api.Script(message.TaskId, report => report is FinishedReport && _api.Received<FinishedReport>(Of(message)).Count < times ? Verdicts.Of(verdict) : null);
        await _broker.PublishAsync(message);

        var finished = await _api.ExpectAsync<FinishedReport>(Of(message), times);

        Assert.Single(finished.Select(report => (report.Attempt, report.Sequence, report.Outcome)).Distinct());
        Assert.Equal(verdict == VerdictKind.Unknown, finished[^1].Message is not null);
    }

    [Fact]
    public async Task FinalReport_WhileTheApiIsAway_IsKeptAndTheAttemptHeld()
    {
        var message = BrokerHost.Message("primes", new { limit = 10 });
        var away = true;
        _api.Refuse = body => away && body.Contains("\"finished\"", StringComparison.Ordinal) ? 503 : null;
        await _broker.PublishAsync(message);
        await _api.ExpectAsync<FinishedReport>(Of(message), count: 4);

        // The lease must not end while the outcome is only not told yet.
        var seen = _api.Received<HeartbeatReport>().Count;
        await _api.ExpectAsync<HeartbeatReport>(_ => true, seen + 3);
        Assert.Contains(_api.Received<HeartbeatReport>()[^1].Running, running => running.TaskId == message.TaskId);
        away = false;

        await _api.ExpectGoneAsync(message.TaskId);
        Assert.Single(_api.Received<FinishedReport>(Of(message)).Select(report => report.Sequence).Distinct());
        _api.Refuse = _ => null;
    }

    [Theory]
    [InlineData(400)]
    [InlineData(413)]
    public async Task Report_ThatTheApiCannotRead_CostsNoOther(int status)
    {
        var over = Path.Combine(Path.GetTempPath(), $"tp-over-{Guid.NewGuid():N}");
        TaskMessage poison = BrokerHost.Message("fault.neighbour", new { file = over }), other = BrokerHost.Message("fault.neighbour", new { file = over });
        var blocker = BrokerHost.Message("primes", new { limit = 10 });
        var together = false;
        _api.Refuse = body =>
        {
            var poisoned = body.Contains("\"finished\"", StringComparison.Ordinal) && body.Contains(poison.TaskId.ToString(), StringComparison.Ordinal);
            together |= poisoned && body.Contains(other.TaskId.ToString(), StringComparison.Ordinal);
            return poisoned ? status : null;
        };
        await _broker.PublishAsync(poison);
        await _broker.PublishAsync(other);
        await _api.ExpectHeldAsync(poison.TaskId);
        await _api.ExpectHeldAsync(other.TaskId);

        // A claim that is not answered holds their final reports up, so that they travel together.
        var answered = new TaskCompletionSource();
        _api.Script(blocker.TaskId, async report =>
        {
            await answered.Task;
            return null;
        });
        await _broker.PublishAsync(blocker);
        await _api.ExpectClaimAsync(blocker.TaskId);
        await File.WriteAllTextAsync(over, "");
        var seen = _api.Received<HeartbeatReport>().Count;
        await _api.ExpectAsync<HeartbeatReport>(_ => _api.Received<HeartbeatReport>() is var beats && beats.Count > seen && beats[^1].Busy == 1);
        answered.SetResult();

        await _api.ExpectGoneAsync(other.TaskId);
        await _api.ExpectGoneAsync(poison.TaskId);
        File.Delete(over);
        Assert.True(together, "the two reports did not travel together");
        _api.Refuse = _ => null;
    }

    [Fact]
    public async Task Stale_ToAProgress_EndsTheHostWithoutAReport()
    {
        var message = BrokerHost.Message("fault.deaf");
        _api.Script(message.TaskId, report => report is ProgressReport ? Verdicts.Of(VerdictKind.Stale) : null);
        await _broker.PublishAsync(message);
        await _api.ExpectOneAsync<ProgressReport>(Of(message));

        // It ignores the request and SIGTERM: only what kills at once ends it without a trace.
        await _api.ExpectGoneAsync(message.TaskId);

        Assert.DoesNotContain(_api.Received<AttemptReport>(Of(message)), report => report is not ProgressReport);
    }

    [Fact]
    public async Task Stale_ToAHeartbeat_EndsTheHostWithoutAReport()
    {
        var message = BrokerHost.Message("fault.stall");
        _api.ScriptBeat(message.TaskId, VerdictKind.Stale);
        await _broker.PublishAsync(message);
        await _api.ExpectHeldAsync(message.TaskId);

        await _api.ExpectGoneAsync(message.TaskId);

        Assert.DoesNotContain(_api.Received<AttemptReport>(Of(message)), report => report is not ProgressReport);
    }

    [Fact]
    public async Task Cancel_BroadcastBeforeTheClaimIsAnswered_IsRemembered()
    {
        var message = BrokerHost.Message("hello");
        var granted = new TaskCompletionSource();
        _api.Script(message.TaskId, async report =>
        {
            if (report is StartedReport)
            {
                await granted.Task;
            }

            return null;
        });
        await _broker.PublishAsync(message);
        await _api.ExpectClaimAsync(message.TaskId);

        await _broker.CancelAsync(message.TaskId);
        await _broker.CancelAsync(TaskId.Create(TimeProvider.System.GetUtcNow()));

        // Heartbeats go past the claim that waits: by the second one from now the broadcast has long come.
        var seen = _api.Received<HeartbeatReport>().Count;
        await _api.ExpectAsync<HeartbeatReport>(_ => true, seen + 3);
        granted.SetResult();

        var finished = await _api.ExpectFinishedAsync(message.TaskId);
        Assert.Equal(TaskOutcome.Cancelled, finished.Outcome);
        Assert.Empty(_api.Received<ProgressReport>(Of(message)));
        Assert.Null(finished.Usage);
    }

    [Fact]
    public async Task Cancel_WhoseBroadcastIsLost_ComesWithTheHeartbeat()
    {
        var message = BrokerHost.Message("fault.loop");
        await _broker.PublishAsync(message);
        await _api.ExpectHeldAsync(message.TaskId);

        _api.ScriptBeat(message.TaskId, VerdictKind.Stored, cancel: true);

        Assert.Equal(TaskOutcome.Cancelled, (await _api.ExpectFinishedAsync(message.TaskId)).Outcome);
    }

    [Fact]
    public async Task Cancel_WhoseBroadcastIsLost_ComesWithTheProgress()
    {
        var message = BrokerHost.Message("hello");
        _api.Script(message.TaskId, report => report is ProgressReport ? Verdicts.Of(VerdictKind.Stored) with { Cancel = true } : null);
        await _broker.PublishAsync(message);

        Assert.Equal(TaskOutcome.Cancelled, (await _api.ExpectFinishedAsync(message.TaskId)).Outcome);
    }

    [Fact]
    public async Task Heartbeat_OfSeveralTasks_CarriesThemTogether()
    {
        TaskMessage[] messages = [BrokerHost.Message("hello"), BrokerHost.Message("hello"), BrokerHost.Message("hello")];
        foreach (var message in messages)
        {
            await _broker.PublishAsync(message);
        }

        await _api.ExpectOneAsync<HeartbeatReport>(beat => messages.All(message => beat.Running.Any(running => running.TaskId == message.TaskId)));

        foreach (var message in messages)
        {
            await _api.ExpectFinishedAsync(message.TaskId);
        }
    }

    [Fact]
    public async Task Heartbeat_WhileAClaimIsNotAnswered_IsNotHeldUp()
    {
        var message = BrokerHost.Message("primes", new { limit = 10 });
        var answered = new TaskCompletionSource();
        _api.Script(message.TaskId, async report =>
        {
            if (report is StartedReport)
            {
                await answered.Task;
            }

            return null;
        });
        await _broker.PublishAsync(message);
        await _api.ExpectClaimAsync(message.TaskId);

        var seen = _api.Received<HeartbeatReport>().Count;
        await _api.ExpectAsync<HeartbeatReport>(_ => true, seen + 5);
        Assert.Single(_api.Received<StartedReport>(Of(message)));
        answered.SetResult();

        await _api.ExpectFinishedAsync(message.TaskId);
    }

    [Fact]
    public async Task Heartbeat_ToldThatTheRecordIsLost_BringsTheMessageAndRunsOn()
    {
        var message = BrokerHost.Message("hello");
        _api.ScriptBeat(message.TaskId, VerdictKind.Unknown);
        await _broker.PublishAsync(message);

        var rebuilt = await _api.ExpectOneAsync<ProgressReport>(report => report.TaskId == message.TaskId && report.Message is not null);
        _api.ScriptBeat(message.TaskId, VerdictKind.Stored);

        Assert.Equal(message.Submission.Algorithm, rebuilt.Message!.Submission.Algorithm);
        var finished = await _api.ExpectFinishedAsync(message.TaskId);
        Assert.Equal((1, TaskOutcome.Completed), (finished.Attempt, finished.Outcome));
        Assert.Single(_api.Received<StartedReport>(Of(message)));
    }

    [Fact]
    public async Task Heartbeat_AskedToAnnounce_AnnouncesAgain()
    {
        var before = (await _api.ExpectAsync<AnnounceReport>(_ => true)).Count;
        _api.Beat = beat => _api.Received<AnnounceReport>().Count > before
            ? null
            : new ReportVerdict { Kind = VerdictKind.Stored, Announce = true, Attempts = [.. beat.Running.Select(_ => new AttemptVerdict(VerdictKind.Stored, Cancel: false))] };

        var announced = await _api.ExpectAsync<AnnounceReport>(_ => true, before + 1);

        Assert.Contains(announced[^1].Algorithms, algorithm => algorithm.Name == "hello");
        Assert.Equal(4, announced[^1].Slots);
        _api.Beat = _ => null;
    }

    private static Func<TaskReport, bool> Of(TaskMessage message) => report => report.TaskId == message.TaskId;

    /// <summary>Runs a task after those before it: their deliveries have been settled.</summary>
    private async Task RunAnotherAsync()
    {
        var another = BrokerHost.Message("primes", new { limit = 10 });
        await _broker.PublishAsync(another);
        await _api.ExpectFinishedAsync(another.TaskId);
    }
}
