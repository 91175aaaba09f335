using System.Globalization;
using System.Net;
using TaskPipeline.AppHost.Launcher;
using TaskPipeline.Chaos.Audit;
using TaskPipeline.Chaos.Faults;
using TaskPipeline.Chaos.Load;
using TaskPipeline.Chaos.Plan;

namespace TaskPipeline.Chaos;

/// <summary>
/// Starts the whole application, puts a load on it while faults are done to it, waits until every accepted task has ended, and looks
/// whether everything is as promised. Every step has a limit; a step that exceeds it is a finding, and the run goes on to its end.
/// </summary>
/// <param name="options">What it is to be.</param>
/// <param name="say">Takes lines about its course.</param>
internal sealed class ChaosRun(ChaosOptions options, Action<string> say)
{
    private const int Apis = 2;
    private const int Workers = 3;
    private const int Shards = 1;

    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_settleLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_auditLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_progress = TimeSpan.FromSeconds(10);

    private readonly Findings _findings = new();
    private readonly LoadCounts _counts = new();
    private readonly long _begun = TimeProvider.System.GetTimestamp();

    /// <summary>Runs; returns within the duration and the limits of what comes before and after.</summary>
    public async Task<ChaosReport> RunAsync()
    {
        var plan = ChaosPlan.Draw(options.Seed, options.Duration, Workers, Apis);
        Say($"seed {options.Seed}, {options.Duration.TotalSeconds:0} s, {plan.Count} faults:");
        foreach (var fault in plan)
        {
            Say($"  {fault}");
        }

        await using var writer = TextWriter.Synchronized(options.Log is null ? TextWriter.Null : new StreamWriter(options.Log));
        var processes = new ProcessAudit();
        using var start = new CancellationTokenSource(s_startLimit);
        var topology = await LocalTopology.StartAsync(Options(), new RunLog(writer), start.Token);
        Say("started");
        using var client = new ApiClient([.. Enumerable.Range(0, Apis).Select(replica => new Uri(topology.ApiAddress(replica)))], _counts, _findings);
        var load = new LoadGenerator(new TaskMix(options.Seed), client, _findings);
        var injector = new FaultInjector(topology, load, _findings, line => Say(line));
        try
        {
            await LoadAsync(plan, load, injector);
            await StepAsync("audit", s_auditLimit, token => AuditAsync(topology, client, load, new TaskAudit(injector.WorkerOutages), token));
        }
        finally
        {
            processes.Remember();
            await StepAsync("stop", s_stopLimit, token => topology.DisposeAsync().AsTask().WaitAsync(token));
            await StepAsync("look for processes", s_auditLimit, token => processes.CheckAsync(_findings, token));
        }

        return new ChaosReport(options, load.Journeys, _counts, injector.Done, injector.Recoveries, _findings.All);
    }

    private static LauncherOptions Options() => new()
    {
        Apis = Apis,
        Workers = Workers,
        Slots = 4,
        Shards = Shards,
        Faults = true,
        Port = Ports.TakeFreeBlock(Apis),
        Settings = new Dictionary<string, string>
        {
            // Short, so that a freeze outlasts a lease and a minute sees several recoveries.
            ["Lifecycle__Lease"] = "00:00:04",
            ["Worker__Heartbeat"] = "00:00:01",
            ["Lifecycle__RetryDelay"] = "00:00:00.5",
            ["Lifecycle__RepublishAfter"] = "00:00:02",
            ["Events__Heartbeat"] = "00:00:02",
        },
    };

    private async Task LoadAsync(IReadOnlyList<Fault> plan, LoadGenerator load, FaultInjector injector)
    {
        using var loadOver = new CancellationTokenSource(options.Duration);
        using var giveUp = new CancellationTokenSource(options.Duration + s_settleLimit);
        using var progressOver = new CancellationTokenSource();
        var progress = ProgressAsync(load, injector, progressOver.Token);
        try
        {
            await Task.WhenAll(load.BeginAsync(loadOver.Token, giveUp.Token), injector.RunAsync(plan, loadOver.Token, giveUp.Token));
            Say($"load is over, {load.Journeys.Count(journey => !journey.IsOver)} tasks to come");
            await load.EndAsync();
        }
        catch (OperationCanceledException) when (giveUp.IsCancellationRequested)
        {
            _findings.Add($"the last fault was not over {s_settleLimit.TotalSeconds:0} s after the load");
        }

        await progressOver.CancelAsync();
        await progress;
        Say("settled");
    }

    private async Task ProgressAsync(LoadGenerator load, FaultInjector injector, CancellationToken over)
    {
        using var timer = new PeriodicTimer(s_progress, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(over))
            {
                var journeys = load.Journeys;
                Say($"{journeys.Count} submitted, {journeys.Count(journey => !journey.IsOver)} open, {injector.Done} faults, {_counts.Unavailable} answers 503, {_counts.Cut} cut, {_findings.Count} findings");
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // Nothing more to tell.
        }
    }

    private async Task AuditAsync(LocalTopology topology, ApiClient client, LoadGenerator load, TaskAudit audit, CancellationToken cancellationToken)
    {
        var accepted = load.Journeys.Where(journey => journey.Id is not null).ToArray();
        foreach (var journey in accepted)
        {
            await AuditAsync(journey, client, audit, cancellationToken);
        }

        foreach (var journey in load.Journeys.Where(journey => !journey.IsOver && journey.Id is null))
        {
            _findings.Add($"{journey.Plan.Name} task was not accepted within the limit");
        }

        // Then nothing is delivered any more, and nothing is changed in Redis.
        await Task.WhenAll(topology.Workers.Select(worker => worker.StopAsync(s_stopLimit / 4)));
        await Task.WhenAll(topology.Apis.Select(api => api.StopAsync(s_stopLimit / 4)));
        await QueueAudit.CheckAsync(topology.RabbitMqUri, Shards, _findings, cancellationToken);
        await StoreAudit.CheckAsync(topology.RedisAddress, [.. accepted.Select(journey => journey.Id!)], _findings);
    }

    private async Task AuditAsync(TaskJourney journey, ApiClient client, TaskAudit audit, CancellationToken cancellationToken)
    {
        if (await client.SendAsync(new Call(HttpMethod.Get, $"/tasks/{journey.Id}", HttpStatusCode.OK), cancellationToken) is not { Json: var task })
        {
            return;
        }

        if (!TaskAudit.IsTerminal(task))
        {
            _findings.Add($"{journey.Plan.Name} task has not ended: {task}");
            return;
        }

        if (journey.End is { } seen && seen.GetProperty("version").GetInt64() != task.GetProperty("version").GetInt64())
        {
            _findings.Add($"{journey.Plan.Name} task changed after its end, from {seen} to {task}");
        }

        foreach (var finding in audit.Check(journey.Plan, journey.Promises, task))
        {
            _findings.Add(finding);
        }
    }

    /// <summary>A step that fails or takes too long is a finding, and no reason to leave out the next.</summary>
    private async Task StepAsync(string name, TimeSpan limit, Func<CancellationToken, Task> step)
    {
        Say($"{name} …");
        using var over = new CancellationTokenSource(limit);
        try
        {
            await step(over.Token).WaitAsync(over.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            _findings.Add($"{name} was not over within {limit.TotalSeconds:0} s");
        }
        catch (Exception exception)
        {
            // Whatever it is: it belongs into the report, which the rest of the run is for.
            _findings.Add($"{name} failed: {exception}");
        }
    }

    private void Say(string line) =>
        say(string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetElapsedTime(_begun).TotalSeconds,6:0.0} s | {line}"));
}
