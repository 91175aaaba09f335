using System.Text;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Consuming;

/// <summary>What becomes of a delivery: run once, acknowledged when it may be, never forgotten before.</summary>
[Collection(BrokerCollection.Name)]
public sealed class DeliveryTests(RabbitMqServer server) : WorkerFixture(server)
{
    [Fact]
    public async Task Delivery_OfATask_IsRunReportedAndAcknowledged()
    {
        var message = BrokerHost.Message("primes", new { limit = 100 });
        await Broker.PublishAsync(message);

        var finished = await Api.ExpectFinishedAsync(message.TaskId);

        Assert.Equal(TaskOutcome.Completed, finished.Outcome);
        Assert.Equal("""{"limit":100,"count":25}""", Encoding.UTF8.GetString(finished.Result!.Value.Span));
        await ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task Redelivery_WhileTheFirstRunLives_IsAcknowledgedAndNotRun()
    {
        var message = BrokerHost.Message("hello");
        await Broker.PublishAsync(message);
        await Api.ExpectHeldAsync(message.TaskId);

        await Broker.PublishAsync(message);
        var finished = await Api.ExpectFinishedAsync(message.TaskId);

        // One that came after the second delivery has been settled: the lane is in order.
        var after = BrokerHost.Message("primes", new { limit = 10 });
        await Broker.PublishAsync(after);
        await Api.ExpectFinishedAsync(after.TaskId);
        Assert.Equal(TaskOutcome.Completed, finished.Outcome);
        Assert.Single(Api.Received<StartedReport>(report => report.TaskId == message.TaskId));
        Assert.Single(Api.Received<FinishedReport>(report => report.TaskId == message.TaskId));
        await ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task Redelivery_BeforeTheClaimIsAnswered_StaysWithTheBroker()
    {
        var message = BrokerHost.Message("primes", new { limit = 10 });
        Api.Script(message.TaskId, report => report is StartedReport ? Verdicts.Of(VerdictKind.Retry) : null);
        await Broker.PublishAsync(message);
        await Api.ExpectClaimAsync(message.TaskId);

        // Until the claim is answered the message is all there is of the task: a worker that dies now must not take it along.
        await Broker.CutAsync();
        await Api.ExpectClaimAsync(message.TaskId, Api.Received<StartedReport>().Count + 10);
        await Worker.KillAsync();

        await Broker.ExpectCountAsync(1);
        Assert.Single(Api.Received<StartedReport>().Select(report => report.ClaimId).Distinct());
    }

    [Fact]
    public async Task NewerDispatch_WhileTheOlderOneRuns_IsClaimedAndEndsTheOlderOne()
    {
        var first = BrokerHost.Message("fault.deaf");
        var second = BrokerHost.Message("hello", dispatch: 2, id: first.TaskId);
        Api.Script(first.TaskId, report => report is StartedReport started ? Verdicts.Granted(started.Dispatch) : null);
        await Broker.PublishAsync(first);
        await Api.ExpectHeldAsync(first.TaskId, attempt: 1);

        await Broker.PublishAsync(second);
        var finished = await Api.ExpectFinishedAsync(first.TaskId);

        Assert.Equal((2, TaskOutcome.Completed), (finished.Attempt, finished.Outcome));
        await Api.ExpectGoneAsync(first.TaskId);
        Assert.DoesNotContain(Api.Received<AttemptReport>(report => report.TaskId == first.TaskId), report => report is ReleasedReport or FinishedReport { Attempt: 1 });
        await ExpectNothingLeftAsync();
    }

    [Theory]
    [InlineData("not JSON at all", "invalid")]
    [InlineData("", "input")]
    public async Task UnreadableMessage_IsMovedWithItsReasonAndStopsNothing(string body, string reason)
    {
        var readable = BrokerHost.Message("primes", new { limit = 10 });
        await Broker.PublishAsync(Encoding.UTF8.GetBytes(body));
        await Broker.PublishAsync(readable);

        await Api.ExpectFinishedAsync(readable.TaskId);
        var unreadable = await Broker.ExpectUnreadableAsync();

        Assert.Equal(body, Encoding.UTF8.GetString(unreadable.Body));
        Assert.Contains(reason, unreadable.Reason, StringComparison.OrdinalIgnoreCase);
        await ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task UnknownAlgorithm_IsReleased()
    {
        var message = BrokerHost.Message("nobody.has.this");
        await Broker.PublishAsync(message);

        var released = await Api.ExpectOneAsync<ReleasedReport>(report => report.TaskId == message.TaskId);

        Assert.Equal(ReleaseReason.AlgorithmMissing, released.Reason);
        await ExpectNothingLeftAsync();
    }

    /// <summary>Everything was acknowledged: what a dead worker had comes back, and nothing does.</summary>
    private async Task ExpectNothingLeftAsync()
    {
        await Api.ExpectIdleAsync();

        // A message of its own shows that the broker has taken the dead worker's deliveries back.
        var marker = BrokerHost.Message("primes");
        Api.Script(marker.TaskId, report => report is StartedReport ? Verdicts.Of(VerdictKind.Retry) : null);
        await Broker.PublishAsync(marker);
        await Api.ExpectClaimAsync(marker.TaskId);
        await Worker.KillAsync();
        await Broker.ExpectCountAsync(1);
    }
}
