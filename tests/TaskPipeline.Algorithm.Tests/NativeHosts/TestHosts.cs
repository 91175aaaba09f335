using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TaskPipeline.Algorithm.Callbacks;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Algorithm.Scheduling;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.Algorithm.Tests.NativeHosts;

/// <summary>Everything that a worker needs to run native code, with a folder of its own and nothing faked. Dispose ends every host.</summary>
internal sealed class TestHosts : IAsyncDisposable
{
    public static readonly string Faults = Path.Combine(NativeLayout.Faults, "libtp_faults.so");
    public static readonly string Samples = Path.Combine(NativeLayout.Libraries, "libtp_samples.so");

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>What the libraries say of themselves; asked for once.</summary>
    private static readonly Lazy<Task<IReadOnlyDictionary<string, CatalogueEntry>>> s_entries = new(DescribeAsync);

    private readonly HostStarter _starter = new();
    private readonly SamplingClock _clock = new(TimeProvider.System);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tp-hosts-");

    public TestHosts(Action<NativeHostOptions>? change = null)
    {
        Options = new NativeHostOptions
        {
            WorkDirectory = _folder.FullName,
            StartLimit = TimeSpan.FromSeconds(60),
        };
        Options.Libraries.Add(Samples);
        Options.Libraries.Add(Faults);
        change?.Invoke(Options);
        var options = new OptionsWrapper<NativeHostOptions>(Options);
        Work = new WorkFolder(options, NullLogger<WorkFolder>.Instance);
        Pool = new NativeHostPool(_starter, Work, TimeProvider.System, options, NullLogger<NativeHostPool>.Instance);
        Catalogue = new AlgorithmCatalogue(
            new LibraryDescriber(_starter, Work, TimeProvider.System, options), options, NullLogger<AlgorithmCatalogue>.Instance);

        // Its reports wait for a sender that is never started: what is tested here ends before the network.
        var sender = new ReportSender(null!, TimeProvider.System, NullLogger<ReportSender>.Instance);
        Runner = new NativeRunner(Pool, sender, new WorkerIdentity(), _clock, TimeProvider.System, options);
    }

    public NativeHostOptions Options { get; }

    public WorkFolder Work { get; }

    public NativeHostPool Pool { get; }

    public AlgorithmCatalogue Catalogue { get; }

    public NativeRunner Runner { get; }

    /// <summary>The folder of the worker and of its hosts.</summary>
    public string Folder => _folder.FullName;

    /// <summary>The host that was compiled just in time, whatever was published.</summary>
    public static string JitHost => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "TaskPipeline.NativeHost", "release", "TaskPipeline.NativeHost"));

    /// <summary>A host that was started for nobody else.</summary>
    public Task<NativeHostProcess> StartHostAsync() => NativeHostProcess.StartAsync(_starter, Work, Options, TimeProvider.System);

    /// <summary>A host out of the pool.</summary>
    public async Task<NativeHostProcess> RentAsync() => (await Pool.RentAsync(Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None)))!;

    /// <summary>What the worker would have been sent.</summary>
    public static RunningTask NewTask(string algorithm, string input = "{}", double timeoutSeconds = 60, double? noProgressTimeoutSeconds = null) => new(new Delivery(
        new TaskMessage
        {
            Schema = TaskMessage.CurrentSchema,
            TaskId = TaskId.Create(TimeProvider.System.GetUtcNow()),
            Dispatch = 1,
            Attempt = 0,
            Lane = Lane.Short,
            CreatedAt = TimeProvider.System.GetUtcNow(),
            PublishedAt = TimeProvider.System.GetUtcNow(),
            Submission = new TaskSubmission
            {
                Algorithm = algorithm,
                TimeoutSeconds = timeoutSeconds,
                NoProgressTimeoutSeconds = noProgressTimeoutSeconds,
                StartBefore = TimeProvider.System.GetUtcNow().AddDays(1),
                MaxAttempts = 1,
            },
            Input = System.Text.Encoding.UTF8.GetBytes(input),
        },
        () => Task.CompletedTask));

    /// <summary>What a host would be asked, past the pool: <c>fault.error</c>, without limits.</summary>
    /// <param name="sequence">The number of the task.</param>
    /// <param name="token">The token of its output.</param>
    /// <param name="host">Whose scratch folder it gets.</param>
    public static RunRequest NewRequest(ulong sequence, Guid token, NativeHostProcess host) => new()
    {
        Sequence = sequence,
        OutputToken = token,
        LibraryPath = Faults,
        Algorithm = "fault.error",
        ScratchDirectory = host.Scratch.Create(sequence),
        Input = "{}"u8.ToArray(),
    };

    /// <summary>Runs a task as the worker does.</summary>
    public async Task<AttemptEnd> RunAsync(RunningTask task) => await Runner.RunAsync(task, (await s_entries.Value)[task.Message.Submission.Algorithm], new NoSlot());

    /// <summary>Runs a task and maps its end.</summary>
    public async Task<(AttemptEnd End, MappedOutcome Outcome)> RunAndMapAsync(RunningTask task)
    {
        var end = await RunAsync(task);
        return (end, HostOutcomeMapper.Map(end, task.Message.Submission));
    }

    /// <summary>Runs a task; returns when its code has reported a stage.</summary>
    /// <returns>The run, which goes on.</returns>
    public async Task<Task<(AttemptEnd End, MappedOutcome Outcome)>> StartAsync(RunningTask task)
    {
        var host = await RentAsync();
        Pool.ReturnUnused(host);
        var sequence = host.Sequence + 1;
        var run = RunAndMapAsync(task);
        using var limit = new CancellationTokenSource(s_limit);

        // The page of the host tells at once; the runner's own sample if another host, just started, came first.
        while (host.Page.Sample(sequence).Stage is null && task.Progress.Stage is null && !run.IsCompleted)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        return run;
    }

    public async ValueTask DisposeAsync()
    {
        await Pool.DisposeAsync();
        Work.Dispose();
        _clock.Dispose();
        _starter.Dispose();
        _folder.Delete(recursive: true);
    }

    private static async Task<IReadOnlyDictionary<string, CatalogueEntry>> DescribeAsync()
    {
        await using var hosts = new TestHosts();
        await hosts.Catalogue.LoadAsync(CancellationToken.None);
        return hosts.Catalogue.Entries;
    }

    private sealed class NoSlot : IRunSlot
    {
        public TimeSpan? DemotedFor => null;

        public void Dispose()
        {
        }
    }
}
