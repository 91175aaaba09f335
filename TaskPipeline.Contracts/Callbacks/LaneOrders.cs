namespace TaskPipeline.Contracts.Callbacks;

/// <summary>What the API tells a worker about the lanes, in the answer to each heartbeat. Stands until the next one.</summary>
public sealed record LaneOrders
{
    /// <summary>This worker's share of the fleet's reserve: so many of its slots are never used by long and background tasks.</summary>
    public int ReservedSlots { get; init; }

    /// <summary>A task of a quick lane that has run this long has outstayed it, in seconds; null for no limit.</summary>
    public double? OutstaySeconds { get; init; }

    /// <summary>The lanes of which this worker may give one delivery that waits to another, which has room; null for none.</summary>
    public IReadOnlyList<Lane>? RoomElsewhere { get; init; }
}
