using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Algorithm.Callbacks;

/// <summary>
/// Sends reports, batched by nature: at once when no request is under way, together with all that has collected while one was.
/// What is kept is bounded by what the broker delivers unacknowledged: each delivery has at most one report waiting. Thread safe.
/// </summary>
internal sealed class ReportSender(CallbackClient client, TimeProvider time, ILogger<ReportSender> logger) : BackgroundService
{
    private static readonly TimeSpan s_firstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(3);

    private readonly Channel<Pending> _waiting = Channel.CreateUnbounded<Pending>(new UnboundedChannelOptions { SingleReader = true });
    private volatile bool _reachable = true;

    /// <summary>Sends a report once, in its turn. Null when the API could not be reached or could not decide.</summary>
    public async Task<ReportVerdict?> TrySendAsync(WorkerReport report, CancellationToken cancellationToken)
    {
        var pending = new Pending(Serialize(report));
        return _waiting.Writer.TryWrite(pending) ? await pending.Verdict.Task.WaitAsync(cancellationToken) : null;
    }

    /// <summary>
    /// Sends a report once, in a request of its own that waits for no other: for what must not come late behind a long line of
    /// reports. Null when the API did not answer within the limit.
    /// </summary>
    public async Task<ReportVerdict?> TrySendAloneAsync(WorkerReport report, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, over.Token);
        try
        {
            var verdicts = await client.SendAsync([Serialize(report)], either.Token);
            NoteReachable();
            return verdicts[0].Kind == VerdictKind.Retry ? null : verdicts[0];
        }
        catch (HttpRequestException exception)
        {
            NoteUnreachable(exception.Message);
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            NoteUnreachable("it did not answer in time");
            return null;
        }
    }

    /// <summary>Sends a report again and again, with the message attached once the API asks for it, until it is answered.</summary>
    public async Task<ReportVerdict> SendAsync(TaskReport report, TaskMessage message, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var verdict = await TrySendAsync(report, cancellationToken);
            if (verdict is { Kind: VerdictKind.Unknown } && report.Message is null)
            {
                report = report with { Message = message };
                continue;
            }

            if (verdict is not null)
            {
                return verdict;
            }

            var wait = TimeSpan.FromTicks(Math.Min(s_longestWait.Ticks, s_firstWait.Ticks << Math.Min(attempt, 10)));
            await Task.Delay(wait, time, cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
            {
                await SendBatchAsync(TakeBatch(), stoppingToken);
            }
        }
        finally
        {
            // Nobody may wait for an answer that cannot come any more.
            _waiting.Writer.Complete();
            while (_waiting.Reader.TryRead(out var pending))
            {
                pending.Verdict.TrySetResult(null);
            }
        }
    }

    private async Task SendBatchAsync(IReadOnlyList<Pending> batch, CancellationToken cancellationToken)
    {
        try
        {
            var verdicts = await client.SendAsync([.. batch.Select(pending => pending.Report)], cancellationToken);
            for (var n = 0; n < verdicts.Length; n++)
            {
                batch[n].Verdict.TrySetResult(verdicts[n].Kind == VerdictKind.Retry ? null : verdicts[n]);
            }

            NoteReachable();
        }
        catch (HttpRequestException exception) when (exception.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge)
        {
            await SplitAsync(batch, exception.Message, cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            NoteUnreachable(exception.Message);
            foreach (var pending in batch)
            {
                pending.Verdict.TrySetResult(null);
            }
        }
    }

    /// <summary>One report that the API refuses to read must not cost the others: halves find it.</summary>
    private async Task SplitAsync(IReadOnlyList<Pending> batch, string reason, CancellationToken cancellationToken)
    {
        if (batch.Count == 1)
        {
            Log.ReportRefused(logger, batch[0].Report.Length, reason);
            batch[0].Verdict.TrySetResult(new ReportVerdict { Kind = VerdictKind.Invalid, Reason = reason });
            return;
        }

        var half = batch.Count / 2;
        await SendBatchAsync([.. batch.Take(half)], cancellationToken);
        await SendBatchAsync([.. batch.Skip(half)], cancellationToken);
    }

    private List<Pending> TakeBatch()
    {
        var batch = new List<Pending>();
        var bytes = 0;
        while (_waiting.Reader.TryPeek(out var next) && (batch.Count == 0 || bytes + next.Report.Length < CallbackProtocol.SplitBodyBytes) && _waiting.Reader.TryRead(out next))
        {
            batch.Add(next);
            bytes += next.Report.Length + 1;
        }

        return batch;
    }

    private static byte[] Serialize(WorkerReport report) => JsonSerializer.SerializeToUtf8Bytes(report, ContractsJsonContext.Default.WorkerReport);

    /// <summary>Said once for each change, although requests of both kinds race here: a line too many does no harm.</summary>
    private void NoteReachable()
    {
        if (!_reachable)
        {
            _reachable = true;
            Log.ApiReached(logger);
        }
    }

    private void NoteUnreachable(string reason)
    {
        if (_reachable)
        {
            _reachable = false;
            Log.ApiUnreachable(logger, reason);
        }
    }

    private sealed record Pending(byte[] Report)
    {
        /// <summary>Continued on the sender's own thread: what follows a verdict is short and waits for nothing, and each change of thread costs more than it.</summary>
        public TaskCompletionSource<ReportVerdict?> Verdict { get; } = new();
    }
}
