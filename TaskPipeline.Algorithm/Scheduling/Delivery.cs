using System.Diagnostics;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>A message that was delivered. Thread safe.</summary>
/// <param name="message">The message.</param>
/// <param name="acknowledge">Acknowledges it on the channel that delivered it; never throws, and does nothing when that channel is gone.</param>
internal sealed class Delivery(TaskMessage message, Func<Task> acknowledge)
{
    private int _acknowledged;

    public TaskMessage Message { get; } = message;

    /// <summary>The client's span of the delivery, which ends with the handler: what happens to the task goes below it. Default when there is none.</summary>
    public ActivityContext Context { get; } = Activity.Current?.Context ?? default;

    /// <summary>Acknowledges it, once: a second acknowledgement would cost the channel and every delivery on it.</summary>
    public Task AcknowledgeAsync() => Interlocked.Exchange(ref _acknowledged, 1) == 0 ? acknowledge() : Task.CompletedTask;
}
