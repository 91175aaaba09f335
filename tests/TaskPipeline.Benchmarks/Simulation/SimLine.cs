namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>
/// The line of one lane as the API and the broker keep it: what is queued, in order, and what is held back by start-time fair queueing. The arithmetic
/// of the scripts <c>Submit</c> and <c>LetGo</c>, which run in Redis and cannot run here.
/// </summary>
internal sealed class SimLine
{
    private readonly LinkedList<SimTask> _queued = [];
    private readonly PriorityQueue<SimTask, (double Start, long Number)> _held = new();
    private readonly Dictionary<int, int> _clients = [];
    private readonly Dictionary<int, double> _times = [];
    private double _time;
    private long _number;

    /// <summary>What is queued: in the broker or, delivered and not started, in workers.</summary>
    public int Queued { get; private set; }

    public int Held => _held.Count;

    public int Depth => Queued + Held;

    /// <summary>Whether the broker has something to deliver.</summary>
    public bool HasDeliverable => _queued.Count > 0;

    /// <summary>Takes a task in; returns how many come before it, or null when that is too many.</summary>
    public long? Submit(SimTask task, double cost, long maxAhead, long holdFrom)
    {
        long ahead = Queued;
        var over = false;
        var mine = _clients.GetValueOrDefault(task.Client);
        if (Depth >= Math.Min(maxAhead, holdFrom))
        {
            var clients = _clients.Count + (mine == 0 ? 1 : 0);
            over = (long)mine * clients >= holdFrom;
            ahead = over ? Math.Min(Depth, Math.Max(Queued, (long)mine * clients)) : ahead;
            if (ahead >= maxAhead)
            {
                return null;
            }
        }

        _clients[task.Client] = mine + 1;
        if (over && Depth >= holdFrom)
        {
            var start = Math.Max(_time, _times.GetValueOrDefault(task.Client));
            _times[task.Client] = start + cost;
            _held.Enqueue(task, (start, _number++));
        }
        else
        {
            _queued.AddLast(task);
            Queued++;
        }

        return ahead;
    }

    /// <summary>The next for a worker.</summary>
    public SimTask Deliver()
    {
        var task = _queued.First!.Value;
        _queued.RemoveFirst();
        return task;
    }

    /// <summary>A worker gives a delivery back: it is published again.</summary>
    public void Return(SimTask task) => _queued.AddLast(task);

    /// <summary>A task was started.</summary>
    public void Start(SimTask task)
    {
        Queued--;
        if (--_clients[task.Client] == 0)
        {
            _clients.Remove(task.Client);
        }
    }

    /// <summary>Lets held-back tasks go until so many are queued.</summary>
    public void LetGo(long until)
    {
        while (Queued < until && _held.TryDequeue(out var task, out var turn))
        {
            _time = turn.Start;
            _queued.AddLast(task);
            Queued++;
        }

        if (_held.Count == 0)
        {
            _times.Clear();
            _time = 0;
        }
    }
}
