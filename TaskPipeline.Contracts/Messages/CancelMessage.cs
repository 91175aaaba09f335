namespace TaskPipeline.Contracts.Messages;

/// <summary>The body of the cancel broadcast. Losing one is harmless: the verdict of every report repeats the mark.</summary>
/// <param name="TaskId">The task to stop, wherever it runs or is about to.</param>
public sealed record CancelMessage(TaskId TaskId);
