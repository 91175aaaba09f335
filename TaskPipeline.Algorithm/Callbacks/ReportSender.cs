using System.Text.Json;
using System.Threading.Channels;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Algorithm.Callbacks;

/// <summary>
/// Sends reports, batched by nature: at once when no request is under way, together with all that has collected while one was.
/// Thread safe.
/// </summary>
internal sealed class ReportSender(CallbackClient client, TimeProvider time, ILogger<ReportSender> logger) : BackgroundService
{
    private const int MaxWaiting = 20_000;

    private static readonly TimeSpan s_firstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(3);

    private readonly Channel<Pending> _waiting = Channel.CreateBounded<Pending>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    /// <summary>Sends a report once. Null when the API could not be reached or could not decide.</summary>
    public async Task<ReportVerdict?> TrySendAsync(WorkerReport report, CancellationToken cancellationToken)
    {
        var pending = new Pending(JsonSerializer.SerializeToUtf8Bytes(report, ContractsJsonContext.Default.WorkerReport));
        await _waiting.Writer.WriteAsync(pending, cancellationToken);
        return await pending.Verdict.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Sends a report again and again, with the message attached once the API asks for it, until it is answered.</summary>
    public async Task<ReportVerdict> SendAsync(TaskReport report, Contracts.Messages.TaskMessage message, CancellationToken cancellationToken)
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
        var reachable = true;
        while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
        {
            var batch = TakeBatch();
            try
            {
                var verdicts = await client.SendAsync([.. batch.Select(pending => pending.Report)], stoppingToken);
                for (var n = 0; n < verdicts.Length; n++)
                {
                    batch[n].Verdict.TrySetResult(verdicts[n].Kind == VerdictKind.Retry ? null : verdicts[n]);
                }

                if (!reachable)
                {
                    reachable = true;
                    Log.ApiReached(logger);
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                if (reachable)
                {
                    reachable = false;
                    Log.ApiUnreachable(logger, exception.Message);
                }

                foreach (var pending in batch)
                {
                    pending.Verdict.TrySetResult(null);
                }
            }
        }
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

    private sealed record Pending(byte[] Report)
    {
        public TaskCompletionSource<ReportVerdict?> Verdict { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
