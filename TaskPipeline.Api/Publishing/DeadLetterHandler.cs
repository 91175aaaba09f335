using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using TaskPipeline.Api.Diagnostics;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Api.Publishing;

/// <summary>Serves what the broker gave up: published once more, or failed the second time; a dead letter of an older dispatch is nothing.</summary>
internal sealed class DeadLetterHandler(ITaskStore store, RedisClock clock, TimeProvider time, ILogger<DeadLetterHandler> logger)
{
    private const ushort Prefetch = 16;

    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(1);

    /// <summary>Consumes dead letters until the session is lost.</summary>
    public async Task SubscribeAsync(BrokerSession session, ITaskQueue queue, CancellationToken cancellationToken)
    {
        var options = new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);
        var channel = await session.Connection.CreateChannelAsync(options, cancellationToken);
        session.Depend(channel);
        await channel.BasicQosAsync(0, Prefetch, global: false, cancellationToken);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) => ServeAsync(channel, delivery, queue, session.Lost);
        session.Depend(consumer);
        await channel.BasicConsumeAsync(Topology.DeadLetter, autoAck: false, consumer, cancellationToken);
    }

    private async Task ServeAsync(IChannel channel, BasicDeliverEventArgs delivery, ITaskQueue queue, Task<string> lost)
    {
        try
        {
            var message = Read(delivery.Body.Span, out var problem);
            if (message is null)
            {
                Log.DeadLetterUnreadable(logger, problem!);
                var properties = new BasicProperties { Persistent = true, Headers = new Dictionary<string, object?> { [Topology.ReasonHeader] = problem } };
                await channel.BasicPublishAsync("", Topology.UnreadableQueue, mandatory: false, properties, delivery.Body.ToArray());
            }
            else
            {
                Log.DeadLettered(logger, message.TaskId, message.Dispatch);
                await ApplyAsync(message, queue, lost);
            }

            await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false);
        }
        catch (Exception exception)
        {
            // The edge of the consumer: unacknowledged, it is delivered again when the channel is opened anew.
            Log.DeadLetterFailed(logger, exception);
        }
    }

    private async Task ApplyAsync(TaskMessage message, ITaskQueue queue, Task<string> lost)
    {
        while (!lost.IsCompleted)
        {
            try
            {
                var now = clock.Now;
                var trigger = new TaskTrigger.DeadLettered(message.Dispatch);
                var result = await store.ApplyAsync(message.TaskId, trigger, CancellationToken.None);
                if (result is null && await store.RebuildAsync(message, attempt: null, CancellationToken.None))
                {
                    // The store lost the record: this letter is all that is left of the task.
                    result = await store.ApplyAsync(message.TaskId, trigger, CancellationToken.None);
                }

                if (result is TransitionResult.Applied { Publish: true } applied)
                {
                    using var activity = ApiActivitySource.StartDispatch(applied.Record);
                    var again = message with { Dispatch = applied.Record.Dispatch, PublishedAt = now };
                    if (await queue.PublishAsync(again, CancellationToken.None))
                    {
                        await store.ConfirmPublishedAsync(applied.Record, CancellationToken.None);
                    }
                }

                return;
            }
            catch (StoreUnavailableException)
            {
                await Task.WhenAny(lost, Task.Delay(s_again, time, CancellationToken.None));
            }
        }
    }

    private static TaskMessage? Read(ReadOnlySpan<byte> body, out string? problem)
    {
        try
        {
            problem = "it is null";
            return JsonSerializer.Deserialize(body, ContractsJsonContext.Default.TaskMessage);
        }
        catch (JsonException exception)
        {
            problem = exception.Message;
            return null;
        }
    }
}
