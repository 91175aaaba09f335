using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using StackExchange.Redis;
using TaskPipeline.Api.Storage;

namespace TaskPipeline.Api.Events;

/// <summary>
/// How this replica is told the ends of tasks that clients wait for from their submission on: a channel of its own in each shard, which
/// the record of such a task names, so that nothing has to be subscribed to for one task. Thread safe.
/// </summary>
/// <remarks>
/// An end may go untold, for example in the moment between a new connection and its subscriptions: who waits must also look by itself
/// from time to time.
/// </remarks>
internal sealed class ReplyChannel : BackgroundService
{
    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(500);

    private readonly string _replica = Guid.NewGuid().ToString("N")[..12];
    private readonly ISubscriber _subscriber;
    private readonly RedisChannel[] _channels;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<ChangeMessage?>> _expected = new();
    private long _last;
    private volatile bool _isSubscribed;

    public ReplyChannel(IConnectionMultiplexer connection, TaskShards shards, TimeProvider time)
    {
        (_subscriber, _time) = (connection.GetSubscriber(), time);
        _channels = [.. shards.All.Select(shard => shards.Replies(shard, _replica))];
    }

    /// <summary>Begins to expect an end; null while ends cannot be told here.</summary>
    public Reply? Expect()
    {
        if (!_isSubscribed || !Array.TrueForAll(_channels, channel => _subscriber.IsConnected(channel)))
        {
            return null;
        }

        var number = Interlocked.Increment(ref _last);
        var told = _expected[number] = new TaskCompletionSource<ChangeMessage?>(TaskCreationOptions.RunContinuationsAsynchronously);
        return new Reply(this, number, told.Task);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested && !_isSubscribed)
        {
            try
            {
                // Once; the client repeats it by itself on every connection.
                await Task.WhenAll(_channels.Select(channel => _subscriber.SubscribeAsync(channel, (_, message) => Tell(message)))).WaitAsync(stoppingToken);
                _isSubscribed = true;
            }
            catch (Exception exception) when (exception is RedisException or TimeoutException or OperationCanceledException)
            {
                await Task.Delay(s_again, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>A number and a space, then what is told on the channel of the task as well.</summary>
    private void Tell(RedisValue message)
    {
        var bytes = (ReadOnlyMemory<byte>)message;
        if (Utf8Parser.TryParse(bytes.Span, out long number, out var length) && length < bytes.Length && _expected.TryGetValue(number, out var told))
        {
            told.TrySetResult(ChangeMessage.Read(bytes[(length + 1)..]));
        }
    }

    /// <summary>The end of one task, expected. Dispose it once nobody waits any more.</summary>
    internal sealed class Reply(ReplyChannel channel, long number, Task<ChangeMessage?> told) : IDisposable
    {
        /// <summary>Where the end is to be told: for the record of the task.</summary>
        public string Address { get; } = string.Create(CultureInfo.InvariantCulture, $"{channel._replica}/{number}");

        /// <summary>Completes when the task has ended, with what was stored; with null when it is to be read.</summary>
        public Task<ChangeMessage?> Told => told;

        /// <inheritdoc/>
        public void Dispose() => channel._expected.TryRemove(number, out _);
    }
}
