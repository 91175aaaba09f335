namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>What a lane has room for in this worker.</summary>
/// <param name="MayHold">How many of its deliveries may be unacknowledged here.</param>
/// <param name="CanStart">Whether one that came now would start at once.</param>
internal readonly record struct LaneRoom(int MayHold, bool CanStart);
