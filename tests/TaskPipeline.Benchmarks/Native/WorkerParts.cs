using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TaskPipeline.Algorithm;
using TaskPipeline.Algorithm.Callbacks;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Algorithm.Scheduling;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Benchmarks.Native;

/// <summary>What a worker runs native code with, without queue and API. Dispose ends every host.</summary>
internal sealed class WorkerParts : IAsyncDisposable
{
    private static readonly string s_faults = Directory.GetFiles(NativeLayout.Faults, "libtp_faults*").Single();
    private static readonly string s_samples = Directory.GetFiles(NativeLayout.Libraries, "*samples*").Single();

    private readonly ConcurrentDictionary<string, CatalogueEntry> _entries = new();
    private readonly HostStarter _starter = new();
    private readonly WorkFolder _work;
    private readonly SamplingClock _clock = new(TimeProvider.System);
    private readonly ReportSender _sender = new(null!, TimeProvider.System, NullLogger<ReportSender>.Instance);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tp-benchmark-");
    private readonly NativeHostOptions _options;
    private readonly NativeRunner _runner;

    /// <param name="tasksPerHost">How many tasks a host runs.</param>
    public WorkerParts(int tasksPerHost)
    {
        _options = new NativeHostOptions { WorkDirectory = _folder.FullName, TasksPerHost = tasksPerHost };
        _options.Libraries.Add(NativeLayout.Libraries);
        _options.Libraries.Add(NativeLayout.Faults);
        var options = new OptionsWrapper<NativeHostOptions>(_options);
        _work = new WorkFolder(options, NullLogger<WorkFolder>.Instance);
        Pool = new NativeHostPool(_starter, _work, TimeProvider.System, options, NullLogger<NativeHostPool>.Instance);
        _runner = new NativeRunner(Pool, _sender, new WorkerIdentity(), _clock, TimeProvider.System, options);
    }

    public NativeHostPool Pool { get; }

    /// <summary>A host outside of the pool.</summary>
    public Task<NativeHostProcess> StartHostAsync() => NativeHostProcess.StartAsync(_starter, _work, _options, TimeProvider.System);

    /// <summary>The library of an algorithm.</summary>
    public static string LibraryOf(string algorithm) => algorithm.StartsWith("fault.", StringComparison.Ordinal) ? s_faults : s_samples;

    /// <summary>A whole run, as the worker makes it.</summary>
    public Task<AttemptEnd> RunAsync(string algorithm, string input) => _runner.RunAsync(NewTask(algorithm, input), _entries.GetOrAdd(algorithm, NewEntry), new NoSlot());

    public async ValueTask DisposeAsync()
    {
        await Pool.DisposeAsync();
        _work.Dispose();
        _clock.Dispose();
        _sender.Dispose();
        _starter.Dispose();
        _folder.Delete(recursive: true);
    }

    private static CatalogueEntry NewEntry(string algorithm) => new(
        new AlgorithmDescription { Name = algorithm, Version = "1", Description = "" }, LibraryOf(algorithm), MaxConcurrent: 0, MemoryLimitBytes: 0, CpuLimitSeconds: 0);

    private static RunningTask NewTask(string algorithm, string input) => new(new Delivery(
        new TaskMessage
        {
            Schema = TaskMessage.CurrentSchema,
            TaskId = TaskId.Create(DateTimeOffset.UtcNow),
            Dispatch = 1,
            Attempt = 0,
            Lane = Lane.Short,
            CreatedAt = DateTimeOffset.UtcNow,
            PublishedAt = DateTimeOffset.UtcNow,
            Submission = new TaskSubmission { Algorithm = algorithm, TimeoutSeconds = 50, StartBefore = DateTimeOffset.UtcNow.AddDays(1), MaxAttempts = 1 },
            Input = Encoding.UTF8.GetBytes(input),
        },
        () => Task.CompletedTask));

    private sealed class NoSlot : IRunSlot
    {
        public TimeSpan? DemotedFor => null;

        public void Dispose()
        {
        }
    }
}
