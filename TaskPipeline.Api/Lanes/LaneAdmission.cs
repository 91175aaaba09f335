using Microsoft.Extensions.Options;
using TaskPipeline.Api.Problems;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Lanes;

/// <summary>What a task may claim of its lane, and what its client is told when that is too much. Thread safe.</summary>
internal sealed class LaneAdmission(LaneBoard board, LaneMetrics metrics, IOptions<LaneOptions> options)
{
    private const int LongestRetrySeconds = 3600;

    /// <summary>The place of a task that is expected to run for so long and must not have to wait longer than its client says.</summary>
    public LanePlace PlaceFor(RunTimePrediction prediction, string client, double? maxWaitSeconds)
    {
        var forecast = board.Forecast;
        var weight = options.Value.ClientWeights.TryGetValue(client, out var given) ? given : 1;
        return new LanePlace(
            client,
            Math.Max(0.001, prediction.Seconds) / weight,
            forecast.MaxAhead(prediction.Lane, Limit(prediction.Lane, maxWaitSeconds)),
            forecast.HoldFrom(prediction.Lane));
    }

    /// <summary>The wait that the tail of a lane is expected to mean now, in seconds, for comparison with what it will prove to be; null while there is no worker.</summary>
    public double? Expected(Lane lane) => board.Forecast.Expected(lane, board.Depth(lane)) is { } seconds ? Math.Round(seconds, 3) : null;

    /// <summary>The answer to a task that would have to wait too long. A line becomes shorter by one second each second, as long as nobody joins it.</summary>
    public Problem Refuse(SubmitResult.Refused refused, double? maxWaitSeconds)
    {
        metrics.Refused(refused.Lane);
        var limit = Limit(refused.Lane, maxWaitSeconds);
        var told = board.Forecast.Told(refused.Lane, refused.Ahead) ?? limit;
        var retry = Math.Clamp((int)Math.Ceiling(told - limit), 1, LongestRetrySeconds);
        var name = Topology.LaneName(refused.Lane);
        var detail = refused.Mine * (long)refused.Clients >= refused.Ahead && refused.Clients > 1
            ? $"The client has {refused.Mine} tasks waiting in the lane {name}, which is its share among {refused.Clients} clients"
            : $"A task of the lane {name} would have to wait {told:0.###} s, and may have to wait {limit:0.###} s";
        return new Problem(ProblemType.TooManyRequests, detail, RetryAfterSeconds: retry);
    }

    private double Limit(Lane lane, double? maxWaitSeconds) => Math.Min(options.Value.Of(lane).MaxWait.TotalSeconds, maxWaitSeconds ?? double.MaxValue);
}
