using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using TaskPipeline.Api.Diagnostics;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Storage;

/// <summary>A store as one API replica has it, on a database of a real Redis. Several on one database are several replicas.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    private static int s_databases;

    private readonly ConnectionMultiplexer _connection;
    private readonly RedisServer _server;
    private readonly ServiceProvider _services;
    private readonly int _database;

    private TestStore(RedisServer server, int database, ConnectionMultiplexer connection, LifecycleOptions lifecycle, TaskStoreOptions bounds)
    {
        (_server, _database, _connection, Lifecycle) = (server, database, connection, lifecycle);
        var gate = new RedisGate(connection);
        Clock = new RedisClock(TimeProvider.System);
        _services = new ServiceCollection().AddMetrics().AddSingleton<ApiMetrics>().BuildServiceProvider();
        Store = new RedisTaskStore(
            gate, Clock, new RedisMemory(gate, TimeProvider.System), _services.GetRequiredService<ApiMetrics>(), Options.Create(lifecycle), Options.Create(bounds));
    }

    public LifecycleOptions Lifecycle { get; }

    public RedisClock Clock { get; }

    public ITaskStore Store { get; }

    public IConnectionMultiplexer Connection => _connection;

    public IDatabase Database => _connection.GetDatabase();

    /// <summary>A store on an empty database.</summary>
    public static async Task<TestStore> CreateAsync(RedisServer server, LifecycleOptions? lifecycle = null, TaskStoreOptions? bounds = null)
    {
        // Redis has sixteen; tests that share a collection run one after the other.
        var database = Interlocked.Increment(ref s_databases) % 16;
        var store = await ConnectAsync(server, database, lifecycle, bounds);
        await store.Database.ExecuteAsync("FLUSHDB");
        return store;
    }

    /// <summary>Another replica on the same database.</summary>
    public Task<TestStore> ReplicaAsync() => ConnectAsync(_server, _database, Lifecycle, bounds: null);

    public async Task<TaskRecord> SubmitAsync(
        string algorithm = "primes", IdempotencyKey? key = null, DateTimeOffset? notBefore = null, DateTimeOffset? startBefore = null, int maxAttempts = 3, string input = "{}") =>
        Assert.IsType<SubmitResult.Created>(await TrySubmitAsync(algorithm, key, notBefore, startBefore, maxAttempts, input)).Record;

    public Task<SubmitResult> TrySubmitAsync(
        string algorithm = "primes", IdempotencyKey? key = null, DateTimeOffset? notBefore = null, DateTimeOffset? startBefore = null, int maxAttempts = 3, string input = "{}") =>
        Store.SubmitAsync(
            new NewTask(
                now => new TaskSubmission
                {
                    Algorithm = algorithm,
                    TimeoutSeconds = 50,
                    MaxAttempts = maxAttempts,
                    NotBefore = notBefore,
                    StartBefore = startBefore ?? now + Lifecycle.StartDeadline,
                },
                System.Text.Encoding.UTF8.GetBytes(input),
                Lane.Short,
                TraceParent: null,
                key),
            CancellationToken.None);

    public Task<TransitionResult?> ApplyAsync(TaskId id, TaskTrigger trigger) => Store.ApplyAsync(id, trigger, CancellationToken.None);

    public async Task<TaskRecord> AppliedAsync(TaskId id, TaskTrigger trigger) =>
        Assert.IsType<TransitionResult.Applied>(await ApplyAsync(id, trigger)).Record;

    /// <summary>Claims the newest dispatch.</summary>
    public async Task<TaskRecord> ClaimAsync(TaskRecord pending, string claim = "claim") =>
        await AppliedAsync(pending.Id, new TaskTrigger.Claim(pending.Dispatch, claim, "worker"));

    public static TaskTrigger.Finish Finish(TaskRecord running, TaskOutcome outcome = TaskOutcome.Completed, bool retryable = false, string? output = null) => new(new FinishedReport
    {
        Worker = "worker",
        TaskId = running.Id,
        ClaimId = running.ClaimId!,
        Attempt = running.Attempt,
        Sequence = 1_000,
        Outcome = outcome,
        Retryable = retryable,
        Result = outcome == TaskOutcome.Completed ? "{\"n\":1}"u8.ToArray() : default(ReadOnlyMemory<byte>?),
        Output = output,
        Failure = outcome is TaskOutcome.Completed or TaskOutcome.Cancelled ? null : new TaskFailure { Kind = FailureKinds.Error, Message = "it failed" },
    });

    public static TaskMessage Message(TaskRecord record) => new()
    {
        Schema = TaskMessage.CurrentSchema,
        TaskId = record.Id,
        Dispatch = record.Dispatch,
        Attempt = record.Attempt,
        Lane = record.Lane,
        CreatedAt = record.CreatedAt,
        PublishedAt = record.CreatedAt,
        Submission = record.Submission,
        Input = "{}"u8.ToArray(),
    };

    public async Task<TaskRecord> GetAsync(TaskId id) => (await FindAsync(id))!.Record;

    public Task<StoredTask?> FindAsync(TaskId id) => Store.GetAsync(id, CancellationToken.None);

    /// <summary>When the task must be looked at next; null when nobody has to.</summary>
    public async Task<DateTimeOffset?> TimerAsync(TaskId id) =>
        await Database.SortedSetScoreAsync(RedisTaskKeys.Timers, id.ToString()) is { } score ? RedisClock.FromMicroseconds((long)score) : null;

    /// <summary>Makes the timer of a task due, as if the time had passed.</summary>
    public Task MakeDueAsync(TaskId id) => Database.SortedSetAddAsync(RedisTaskKeys.Timers, id.ToString(), 1);

    /// <summary>
    /// What a step of Redis' clock does to everything that is stored: seen from the clock, all stored times move by as much the
    /// other way. Positive: the clock was set forward.
    /// </summary>
    public async Task StepClockAsync(TimeSpan step)
    {
        foreach (var entry in await Database.SortedSetRangeByRankWithScoresAsync(RedisTaskKeys.Timers))
        {
            await Database.SortedSetAddAsync(RedisTaskKeys.Timers, entry.Element, entry.Score - step.TotalMicroseconds);
        }

        var served = (long)await Database.StringGetAsync(RedisTaskKeys.TimersServed);
        await Database.StringSetAsync(RedisTaskKeys.TimersServed, served - (long)step.TotalMicroseconds);
    }

    public Task<IReadOnlyList<DueTimer>> TakeDueAsync(int limit = 100) => Store.TakeDueAsync(limit, CancellationToken.None);

    public async Task<IReadOnlyList<string>> KeysAsync() =>
        [.. ((RedisResult[])(await Database.ExecuteAsync("KEYS", "*"))!).Select(key => (string)key!).Order(StringComparer.Ordinal)];

    public async Task<long> UnpublishedAsync() => (await Store.GetUsageAsync(CancellationToken.None)).Unpublished;

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static async Task<TestStore> ConnectAsync(RedisServer server, int database, LifecycleOptions? lifecycle, TaskStoreOptions? bounds) => new(
        server,
        database,
        await ConnectionMultiplexer.ConnectAsync($"{server.ConnectionString},defaultDatabase={database},abortConnect=false,allowAdmin=true,asyncTimeout=30000"),
        lifecycle ?? new LifecycleOptions(),
        bounds ?? new TaskStoreOptions());
}
