using TaskPipeline.Contracts;

namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>
/// Plays a trace against a policy in virtual time. The decisions are the product's: <c>SlotQueue</c> in each worker; load, reserve, orders, forecast and
/// shares in the API. Simulated are arrivals, the machines, the broker (in turn to whoever may hold more) and the heartbeats.
/// </summary>
internal sealed class Simulator
{
    private const double Heartbeat = 3;
    private const double GiveBackLook = 1;
    private const double LetGoLook = 0.25;

    /// <summary>The product measures every 2 s; in windows of five minutes every 15 s is the same.</summary>
    private const int HeartbeatsPerMeasure = 5;

    private static readonly Lane[] s_lanes = Enum.GetValues<Lane>();

    private readonly SimPolicy _policy;
    private readonly SimWorker[] _workers;
    private readonly SimLine[] _lines = [.. s_lanes.Select(_ => new SimLine())];
    private readonly double[] _running = new double[s_lanes.Length];
    private readonly Queue<SimWorker>[] _wanting = [.. s_lanes.Select(_ => new Queue<SimWorker>())];
    private readonly bool[,] _isWanting;
    private readonly PriorityQueue<(Kind Kind, int Worker, int Version), double> _events = new();
    private readonly SimApi _api;
    private readonly SimResult _result = new();
    private readonly int _slots;
    private double _now;
    private long _heartbeats;
    private bool _letsGo;

    private Simulator(Trace trace, SimPolicy policy)
    {
        _policy = policy;
        _workers = [.. Enumerable.Range(0, trace.Workers).Select(n => new SimWorker(n, trace.Slots, policy))];
        _isWanting = new bool[s_lanes.Length, trace.Workers];
        _api = new SimApi(trace.LongAfterSeconds);
        _slots = trace.Workers * trace.Slots;
        foreach (var worker in _workers)
        {
            Wish(worker);
        }
    }

    private enum Kind
    {
        End,
        Outstay,
        GiveBack,
        Heartbeat,
        LetGo,
    }

    /// <summary>Plays until every task has ended.</summary>
    public static SimResult Play(Trace trace, SimPolicy policy, int seed, int count)
    {
        var simulator = new Simulator(trace, policy);
        simulator.Run(trace.Tasks(seed), count);
        return simulator._result;
    }

    private void Run(IEnumerable<SimTask> tasks, int count)
    {
        if (_policy.Bounded)
        {
            _events.Enqueue((Kind.Heartbeat, 0, 0), Heartbeat);
        }

        var (arrived, looks) = (0, new int[4]);
        foreach (var task in tasks)
        {
            Until(task.Arrival);
            _now = task.Arrival;
            var quarter = Math.Min(3, arrived * 4 / count);
            _result.LongLine[quarter] += _lines[(int)(_policy.Lanes ? Lane.Long : Lane.Short)].Depth;
            looks[quarter]++;
            arrived++;
            Submit(task);
        }

        Until(double.MaxValue);
        for (var quarter = 0; quarter < looks.Length; quarter++)
        {
            _result.LongLine[quarter] /= Math.Max(1, looks[quarter]);
        }

        _result.Reserve /= Math.Max(1, _heartbeats);
    }

    private void Until(double limit)
    {
        while (_events.TryPeek(out var next, out var at) && at <= limit)
        {
            _events.Dequeue();
            if (limit == double.MaxValue && next.Kind == Kind.Heartbeat && IsIdle())
            {
                return;
            }

            _now = Math.Max(_now, at);
            Serve(next.Kind, next.Worker, next.Version);
        }
    }

    private bool IsIdle() => _lines.All(line => line.Depth == 0) && _running.All(count => count == 0);

    private void Serve(Kind kind, int index, int version)
    {
        var worker = _workers[index];
        switch (kind)
        {
            case Kind.End when version == worker.Version:
                var run = worker.End(_now);
                _running[(int)run.Slot.Lane]--;
                _api.Ended(run, _now);
                Changed(worker);
                break;
            case Kind.Outstay:
                _result.Demoted += worker.Demote(_now);
                Changed(worker);
                break;
            case Kind.GiveBack:
                GiveBack(worker);
                break;
            case Kind.Heartbeat:
                Beat();
                _events.Enqueue((Kind.Heartbeat, 0, 0), _now + Heartbeat);
                break;
            case Kind.LetGo:
                LetGo();
                break;
            default:
                // An end that has moved: another event stands for it.
                break;
        }
    }

    private void Submit(SimTask task)
    {
        var lane = _policy.Lanes ? task.Lane : Lane.Short;
        var line = _lines[(int)lane];
        var (most, holdFrom) = (long.MaxValue, long.MaxValue);
        if (_policy.Bounded)
        {
            _api.Arrived(lane, _now);
            _api.Look(_lines, _running);
            if (_api.Forecast is { } forecast)
            {
                holdFrom = forecast.HoldFrom(lane);
                most = line.Depth < 1000 ? long.MaxValue : forecast.MaxAhead(lane, _api.MaxWaitSeconds(lane));
            }
        }

        if (line.Submit(task, task.Predicted, most, holdFrom) is not { } ahead)
        {
            _result.Refused++;
            return;
        }

        if (_policy.Bounded && _api.Forecast is { } told)
        {
            (task.Expected, task.Told) = (told.Expected(lane, ahead), told.Told(lane, ahead));
        }

        if (line.Held > 0 && !_letsGo)
        {
            _letsGo = true;
            _events.Enqueue((Kind.LetGo, 0, 0), _now + LetGoLook);
        }

        Deliver(lane);
    }

    /// <summary>What is in the broker goes to those who may hold more, in turn.</summary>
    private void Deliver(Lane lane)
    {
        while (_lines[(int)lane].HasDeliverable && _wanting[(int)lane].TryDequeue(out var worker))
        {
            _isWanting[(int)lane, worker.Index] = false;
            if (!worker.Wants(lane))
            {
                continue;
            }

            worker.Offer(_lines[(int)lane].Deliver(), _now);
            StartOn(worker);
            if (worker.Queue.Waiting(lane) > 0 && _policy.Bounded)
            {
                _events.Enqueue((Kind.GiveBack, worker.Index, 0), _now + GiveBackLook);
            }

            Wish(worker);
        }
    }

    private void Changed(SimWorker worker)
    {
        StartOn(worker);
        Wish(worker);
        foreach (var lane in s_lanes)
        {
            Deliver(lane);
        }

        Expect(worker);
    }

    private void Wish(SimWorker worker)
    {
        foreach (var lane in s_lanes)
        {
            if (!_isWanting[(int)lane, worker.Index] && worker.Wants(lane))
            {
                _isWanting[(int)lane, worker.Index] = true;
                _wanting[(int)lane].Enqueue(worker);
            }
        }
    }

    private void StartOn(SimWorker worker)
    {
        var any = false;
        worker.Start(_now, run =>
        {
            any = true;
            Note(run);
            if (_policy.Bounded && run.Slot.Lane == Lane.Short)
            {
                _events.Enqueue((Kind.Outstay, worker.Index, 0), _now + _api.OutstaySeconds + 0.001);
            }
        });
        if (any)
        {
            Expect(worker);
        }
    }

    private void Expect(SimWorker worker)
    {
        if (worker.NextEnd() is { } end)
        {
            _events.Enqueue((Kind.End, worker.Index, worker.Version), end);
        }
    }

    private void Note(SimRun run)
    {
        var task = run.Slot.Item;
        var wait = (float)(_now - task.Arrival);
        _lines[(int)run.Slot.Lane].Start(task);
        _running[(int)run.Slot.Lane]++;
        _api.Started(task, run.Slot.Lane, _now);
        (task.IsShort ? _result.Short : _result.Long).Add(wait);
        if (task is { IsShort: true, Lane: Lane.Short })
        {
            _result.ShortAsShort.Add(wait);
        }

        if (task is { IsShort: true } && task.Client != 0)
        {
            _result.Modest.Add(wait);
        }

        if (task.Told is { } told)
        {
            _result.Told++;
            _result.InTime += wait <= told ? 1 : 0;
        }
    }

    private void GiveBack(SimWorker worker)
    {
        while (worker.GiveBack(_now) is { } task)
        {
            // The others may have it; this worker takes part again when it is gone.
            _lines[(int)task.Lane].Return(task);
            Deliver(task.Lane);
            Wish(worker);
        }
    }

    private void Beat()
    {
        if (_heartbeats++ % HeartbeatsPerMeasure == 0)
        {
            _api.Measure(_now, _slots);
        }

        _result.Reserve += _api.Reserve;
        var orders = _api.Orders(_workers, _lines);
        foreach (var worker in _workers)
        {
            worker.Obey(orders[$"{worker.Index:D6}"]);
            GiveBack(worker);
            Changed(worker);
        }
    }

    private void LetGo()
    {
        _letsGo = false;
        foreach (var lane in s_lanes.Where(lane => _lines[(int)lane].Held > 0))
        {
            _lines[(int)lane].LetGo(_api.Forecast?.HoldFrom(lane) ?? long.MaxValue);
            Deliver(lane);
            _letsGo |= _lines[(int)lane].Held > 0;
        }

        if (_letsGo)
        {
            _events.Enqueue((Kind.LetGo, 0, 0), _now + LetGoLook);
        }
    }
}
