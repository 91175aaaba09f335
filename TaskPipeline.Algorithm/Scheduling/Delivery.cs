using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>A message that was delivered, and how it is acknowledged: once, or not at all when its channel is gone.</summary>
/// <param name="Message">The message.</param>
/// <param name="AcknowledgeAsync">Acknowledges it; never throws.</param>
internal sealed record Delivery(TaskMessage Message, Func<Task> AcknowledgeAsync);
