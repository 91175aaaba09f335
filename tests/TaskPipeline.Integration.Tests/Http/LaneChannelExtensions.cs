using System.Text.Json;
using RabbitMQ.Client;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Integration.Tests.Http;

/// <summary>Looks into lanes that nobody consumes.</summary>
internal static class LaneChannelExtensions
{
    /// <summary>Takes messages off a lane until it is the one of a task and, when given, of a dispatch; what is found on the way is dropped. Null when it does not come within a minute.</summary>
    public static async Task<TaskMessage?> TakeMessageAsync(this IChannel channel, string id, int? dispatch = null, Lane lane = Lane.Short)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!limit.IsCancellationRequested)
        {
            if (await channel.BasicGetAsync(Topology.LaneQueue(lane), autoAck: true) is { } delivery)
            {
                var message = JsonSerializer.Deserialize(delivery.Body.Span, ContractsJsonContext.Default.TaskMessage)!;
                if (message.TaskId.ToString() == id && (dispatch is null || message.Dispatch == dispatch))
                {
                    return message;
                }
            }
            else
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
            }
        }

        return null;
    }
}
