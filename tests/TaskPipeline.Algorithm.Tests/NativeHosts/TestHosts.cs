using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TaskPipeline.Algorithm.Callbacks;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Algorithm.Scheduling;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Algorithm.Tests.NativeHosts;

/// <summary>Everything that a worker needs to run native code, with a folder of its own and nothing faked. Dispose ends every host.</summary>
internal sealed class TestHosts : IAsyncDisposable
{
    public static readonly string Faults = Path.Combine(NativeLayout.Faults, "libtp_faults.so");
    public static readonly string Samples = Path.Combine(NativeLayout.Libraries, "libtp_samples.so");

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

    /// <summary>Runs a task as the worker does.</summary>
    public Task<AttemptEnd> RunAsync(RunningTask task) => Runner.RunAsync(task, EntryOf(task.Message.Submission.Algorithm), new NoSlot());

    /// <summary>Runs a task and maps its end.</summary>
    public async Task<(AttemptEnd End, MappedOutcome Outcome)> RunAndMapAsync(RunningTask task)
    {
        var end = await RunAsync(task);
        return (end, HostOutcomeMapper.Map(end, task.Message.Submission));
    }

    /// <summary>Writes a shell script that can be started; another file where there was one, which may be running.</summary>
    public static void WriteScript(string path, string body)
    {
        File.Delete(path);
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Pool.DisposeAsync();
        Work.Dispose();
        _clock.Dispose();
        _starter.Dispose();
        _folder.Delete(recursive: true);
    }

    private static CatalogueEntry EntryOf(string algorithm) => new(
        new Contracts.Callbacks.AlgorithmDescription { Name = algorithm, Version = "1.0.0", Description = "" },
        algorithm.StartsWith("fault.", StringComparison.Ordinal) ? Faults : Samples,
        MaxConcurrent: 0,
        MemoryLimitBytes: 0,
        CpuLimitSeconds: 0);

    private sealed class NoSlot : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
