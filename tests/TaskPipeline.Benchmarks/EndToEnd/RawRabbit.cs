using System.Diagnostics;
using System.Threading.RateLimiting;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace TaskPipeline.Benchmarks.EndToEnd;

/// <summary>What the broker alone does: confirmed publications, 64 in flight, persistent, a durable classic queue, consumed and acknowledged one by one.</summary>
internal sealed class RawRabbit(string uri)
{
    private const string Queue = "benchmark.raw";
    private const int InFlight = 64;
    private const int Prefetch = 256;
    private const int BodyBytes = 300;

    /// <summary>Messages per second from the first publication to the last acknowledgement.</summary>
    public async Task<double> MeasureAsync(int messages)
    {
        var factory = new ConnectionFactory { Uri = new Uri(uri) };
        await using var publishing = await factory.CreateConnectionAsync();
        await using var consuming = await factory.CreateConnectionAsync();
        using var limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = 256, QueueLimit = int.MaxValue });
        await using var publisher = await publishing.CreateChannelAsync(new CreateChannelOptions(true, true, limiter));
        await using var channel = await consuming.CreateChannelAsync();
        await channel.QueueDeclareAsync(Queue, durable: true, exclusive: false, autoDelete: false);
        await channel.QueuePurgeAsync(Queue);
        await channel.BasicQosAsync(0, Prefetch, global: false);

        var received = 0;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false);
            if (++received == messages)
            {
                done.SetResult();
            }
        };
        await channel.BasicConsumeAsync(Queue, autoAck: false, consumer);

        var body = new byte[BodyBytes];
        var properties = new BasicProperties { Persistent = true };
        var left = messages;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await publisher.BasicPublishAsync("", Queue, mandatory: true, properties, body);
            }
        }));
        await done.Task.WaitAsync(TimeSpan.FromMinutes(2));
        return messages / clock.Elapsed.TotalSeconds;
    }
}
