using System.Diagnostics;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>A message that was delivered. Thread safe.</summary>
/// <param name="message">The message.</param>
/// <param name="acknowledge">Acknowledges it on the channel that delivered it; never throws, and does nothing when that channel is gone.</param>
/// <param name="giveBack">Gives it back to its lane instead; the same holds. Null where there is nothing to give it back to.</param>
/// <param name="queue">Where it came from; by default the only queue of its lane.</param>
internal sealed class Delivery(TaskMessage message, Func<Task> acknowledge, Func<Delivery, Task>? giveBack = null, LaneQueue? queue = null)
{
    private int _settled;

    public TaskMessage Message { get; } = message;

    public LaneQueue Queue { get; } = queue ?? new LaneQueue(message.Lane, Number: 0, Of: 1);

    /// <summary>The client's span of the delivery, which ends with the handler: what happens to the task goes below it. Default when there is none.</summary>
    public ActivityContext Context { get; } = Activity.Current?.Context ?? default;

    /// <summary>Acknowledges it, unless it is settled: a second acknowledgement would cost the channel and every delivery on it.</summary>
    public Task AcknowledgeAsync() => Interlocked.Exchange(ref _settled, 1) == 0 ? acknowledge() : Task.CompletedTask;

    /// <summary>Gives it back for another worker, unless it is settled.</summary>
    public Task GiveBackAsync() => giveBack is not null && Interlocked.Exchange(ref _settled, 1) == 0 ? giveBack(this) : Task.CompletedTask;
}
