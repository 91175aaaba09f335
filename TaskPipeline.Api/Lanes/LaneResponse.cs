namespace TaskPipeline.Api.Lanes;

/// <summary>A lane as clients see it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Depth">Tasks that wait.</param>
/// <param name="Running">Tasks that run.</param>
/// <param name="PredictedWaitSeconds">The wait of a task that came now, which the share <paramref name="Quantile"/> of tasks does not exceed; null while there is no worker.</param>
/// <param name="Quantile">See there.</param>
/// <param name="Slots">The slots of the fleet that it may use.</param>
/// <param name="Load">The slots that it keeps busy lately.</param>
/// <param name="OldestAgeSeconds">How long the oldest has been queued; null for an empty line.</param>
/// <param name="MaxWaitSeconds">A task that would have to wait longer is refused.</param>
internal sealed record LaneResponse(
    string Name, long Depth, long Running, double? PredictedWaitSeconds, double Quantile, int Slots, double Load, double? OldestAgeSeconds, double MaxWaitSeconds);

/// <summary>What a scaler looks at: numbers, and never null. Without a worker a lane with waiting tasks counts as being at its limit.</summary>
/// <param name="PredictedWaitSeconds">By lane.</param>
/// <param name="LongestPredictedWaitSeconds">Of all lanes but background.</param>
/// <param name="Depth">Tasks that wait, by lane.</param>
/// <param name="Workers">Workers that are alive.</param>
/// <param name="WorkersForLoad">How many workers the load of late, or what runs now if that is more, keeps busy at nine tenths of their slots: with fewer the lines would grow again.</param>
/// <param name="IdleWorkers">Those of the workers that run nothing and hold nothing: a scale-in takes them first.</param>
internal sealed record ScalingResponse(
    IReadOnlyDictionary<string, double> PredictedWaitSeconds,
    double LongestPredictedWaitSeconds,
    IReadOnlyDictionary<string, long> Depth,
    int Workers,
    int WorkersForLoad,
    IReadOnlyList<string> IdleWorkers);
