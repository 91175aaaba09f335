using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using TaskPipeline.Api.Diagnostics;
using TaskPipeline.Api.Events;
using TaskPipeline.Api.Lanes;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Api.Tasks;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Integration.Tests.Storage;

/// <summary>A store as one API replica has it, on a real Redis or Redis Cluster. Several on the same data are several replicas.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    private static int s_databases;

    private readonly ConnectionMultiplexer _connection;
    private readonly StoreSite _site;
    private readonly ServiceProvider _services;
    private readonly int _database;
    private readonly RedisTaskFeeds _feeds;

    private TestStore(StoreSite site, int database, ConnectionMultiplexer connection, LifecycleOptions lifecycle, TaskStoreOptions bounds)
    {
        (_site, _database, _connection, Lifecycle) = (site, database, connection, lifecycle);
        bounds.Shards = site.Shards;
        var options = Options.Create(bounds);
        Shards = new TaskShards(options);
        var gate = new RedisGate(connection, new ShardLayout(connection, Shards));
        Clock = new RedisClock(TimeProvider.System);
        _services = new ServiceCollection().AddMetrics().AddSingleton<ApiMetrics>().BuildServiceProvider();
        var memory = new RedisMemory(gate, Shards, TimeProvider.System, options);
        Store = new RedisTaskStore(gate, Shards, Clock, memory, _services.GetRequiredService<ApiMetrics>(), Options.Create(lifecycle), options);
        Lanes = new RedisLaneStore(gate, Shards);
        Workers = new RedisWorkerRegistry(gate, Clock, TimeProvider.System, options);
        var laneOptions = Options.Create(new LaneOptions());
        var predictor = new RunTimePredictor(Lanes, TimeProvider.System, laneOptions, Options.Create(new TaskOptions()), NullLogger<RunTimePredictor>.Instance);
        Queue = new QueueEstimator(Lanes, new LaneBoard(predictor, laneOptions), Clock, laneOptions);
        _feeds = new RedisTaskFeeds(Store, Queue, connection, Shards, TimeProvider.System);
    }

    public LifecycleOptions Lifecycle { get; }

    /// <summary>What tasks that are submitted from now on may claim of their lane.</summary>
    public LanePlace Place { get; set; } = LanePlace.Unlimited;

    public RedisClock Clock { get; }

    public TaskShards Shards { get; }

    public ITaskStore Store { get; }

    public ILaneStore Lanes { get; }

    public QueueEstimator Queue { get; }

    public IWorkerRegistry Workers { get; }

    public ITaskFeeds Feeds => _feeds;

    public IConnectionMultiplexer Connection => _connection;

    /// <summary>The reply channel of this replica, once it is told ends.</summary>
    public async Task<ReplyChannel> RepliesAsync()
    {
        var replies = new ReplyChannel(_connection, Shards, TimeProvider.System);
        await replies.StartAsync(CancellationToken.None);
        await replies.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(30));
        return replies;
    }

    public IDatabase Database => _connection.GetDatabase();

    /// <summary>A store without tasks.</summary>
    public static async Task<TestStore> CreateAsync(StoreSite site, LifecycleOptions? lifecycle = null, TaskStoreOptions? bounds = null)
    {
        // Redis has sixteen; tests that share a collection run one after the other.
        var database = site.HasDatabases ? Interlocked.Increment(ref s_databases) % 16 : 0;
        var store = await ConnectAsync(site, database, lifecycle, bounds, isPatient: true);
        await store.FlushAsync();
        return store;
    }

    /// <summary>Another replica on the same data; one that is not patient gives up as soon as the product does, also when the machine is only busy.</summary>
    public Task<TestStore> ReplicaAsync(bool isPatient = true, TaskStoreOptions? bounds = null) => ConnectAsync(_site, _database, Lifecycle, bounds, isPatient);

    /// <summary>A key whose tasks belong to a shard.</summary>
    public static IdempotencyKey Key(string name, int shard = 0) => new(
        string.Create(CultureInfo.InvariantCulture, $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..^2]}{shard:x2}"), "body-hash");

    /// <summary>Everything is lost.</summary>
    public Task FlushAsync() => Task.WhenAll(_connection.GetServers().Select(server => server.FlushDatabaseAsync(_database)));

    public async Task<TaskRecord> SubmitAsync(
        string algorithm = "primes", IdempotencyKey? key = null, DateTimeOffset? notBefore = null, DateTimeOffset? startBefore = null, int maxAttempts = 3, string input = "{}", string? replyTo = null) =>
        Assert.IsType<SubmitResult.Created>(await TrySubmitAsync(algorithm, key, notBefore, startBefore, maxAttempts, input, replyTo)).Record;

    public Task<SubmitResult> TrySubmitAsync(
        string algorithm = "primes", IdempotencyKey? key = null, DateTimeOffset? notBefore = null, DateTimeOffset? startBefore = null, int maxAttempts = 3, string input = "{}", string? replyTo = null) =>
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
                Encoding.UTF8.GetBytes(input),
                Lane.Short,
                TraceParent: null,
                key)
            {
                Place = Place,
                ReplyTo = replyTo,
            },
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

    /// <summary>The key of a task.</summary>
    public RedisKey KeyOf(TaskId id) => Shards.Of(id).Task(id);

    /// <summary>How many entries sorted sets have, over all shards.</summary>
    public async Task<long> CountAsync(Func<ShardKeys, RedisKey> set) =>
        (await Task.WhenAll(Shards.All.Select(shard => Database.SortedSetLengthAsync(set(shard))))).Sum();

    /// <summary>When the task must be looked at next; null when nobody has to.</summary>
    public async Task<DateTimeOffset?> TimerAsync(TaskId id) =>
        await Database.SortedSetScoreAsync(Shards.Of(id).Timers, id.ToString()) is { } score ? RedisClock.FromMicroseconds((long)score) : null;

    /// <summary>Makes the timer of a task due, as if the time had passed.</summary>
    public Task MakeDueAsync(TaskId id) => Database.SortedSetAddAsync(Shards.Of(id).Timers, id.ToString(), 1);

    /// <summary>
    /// What a step of Redis' clock does to everything that is stored: seen from the clock, all stored times move by as much the
    /// other way. Positive: the clock was set forward.
    /// </summary>
    public async Task StepClockAsync(TimeSpan step)
    {
        foreach (var shard in Shards.All)
        {
            foreach (var entry in await Database.SortedSetRangeByRankWithScoresAsync(shard.Timers))
            {
                await Database.SortedSetAddAsync(shard.Timers, entry.Element, entry.Score - step.TotalMicroseconds);
            }

            var served = (long)await Database.StringGetAsync(shard.TimersServed);
            await Database.StringSetAsync(shard.TimersServed, served - (long)step.TotalMicroseconds);
        }
    }

    public async Task<IReadOnlyList<DueTimer>> TakeDueAsync(int limit = 100) => (await Store.TakeDueAsync(limit, CancellationToken.None)).Timers;

    /// <summary>Every key but the record of the layout, which belongs to the data as a whole.</summary>
    public async Task<IReadOnlyList<string>> KeysAsync()
    {
        var keys = new List<string>();
        foreach (var server in _connection.GetServers())
        {
            await foreach (var key in server.KeysAsync(_database))
            {
                keys.Add(key!);
            }
        }

        return [.. keys.Where(key => key != FleetKeys.Shards).Order(StringComparer.Ordinal)];
    }

    public async Task<long> UnpublishedAsync() => (await Store.GetUsageAsync(CancellationToken.None)).Unpublished;

    public async ValueTask DisposeAsync()
    {
        _feeds.Dispose();
        await _services.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static async Task<TestStore> ConnectAsync(StoreSite site, int database, LifecycleOptions? lifecycle, TaskStoreOptions? bounds, bool isPatient)
    {
        var options = ConfigurationOptions.Parse($"{site.ConnectionString},defaultDatabase={database},allowAdmin=true");
        StorageExtensions.ConfigureForOutages(options);
        if (isPatient)
        {
            options.BacklogPolicy = BacklogPolicy.Default;
            options.AsyncTimeout = 30_000;
        }

        return new TestStore(site, database, await ConnectionMultiplexer.ConnectAsync(options), lifecycle ?? new LifecycleOptions(), bounds ?? new TaskStoreOptions());
    }
}
