using System.Collections.Concurrent;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>
/// Starts every process on one thread that lives as long as the worker: the kernel ends a guard with the thread that started
/// it, and one start at a time keeps the pipes of one host from being inherited by another.
/// </summary>
internal sealed class HostStarter : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];

    public HostStarter()
    {
        var thread = new Thread(Run) { IsBackground = true, Name = "host starter" };
        thread.Start();
    }

    /// <summary>Runs a start on the thread.</summary>
    public Task<T> RunAsync<T>(Func<T> start)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(start());
            }
            catch (Exception exception)
            {
                // Belongs to the caller; the thread must live on.
                done.SetException(exception);
            }
        });
        return done.Task;
    }

    public void Dispose() => _work.CompleteAdding();

    private void Run()
    {
        foreach (var action in _work.GetConsumingEnumerable())
        {
            action();
        }
    }
}
