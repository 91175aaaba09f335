using System.Collections.Concurrent;
using System.Globalization;
using TaskPipeline.Chaos.Audit;

namespace TaskPipeline.Chaos.Load;

/// <summary>Submits tasks at an even pace and follows each to its end.</summary>
internal sealed class LoadGenerator(TaskMix mix, ApiClient client, Findings findings)
{
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(150);

    private readonly ConcurrentQueue<TaskJourney> _journeys = new();
    private readonly List<Task> _flows = [];

    /// <summary>All that were begun, in their order. May be asked at any time.</summary>
    public IReadOnlyCollection<TaskJourney> Journeys => _journeys;

    /// <summary>Begins tasks until <paramref name="stop"/>; they go on until <paramref name="giveUp"/>.</summary>
    public async Task BeginAsync(CancellationToken stop, CancellationToken giveUp)
    {
        using var timer = new PeriodicTimer(s_pace, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                var journey = new TaskJourney(mix.Next(), client, findings);
                _journeys.Enqueue(journey);
                _flows.Add(journey.RunAsync(string.Create(CultureInfo.InvariantCulture, $"chaos-{_journeys.Count}"), giveUp));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The load is over.
        }
    }

    /// <summary>Returns when all are over or given up. Only after <see cref="BeginAsync"/> has returned.</summary>
    public Task EndAsync() => Task.WhenAll(_flows);
}
