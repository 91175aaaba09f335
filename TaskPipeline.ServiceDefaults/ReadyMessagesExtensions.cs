using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Microsoft.Extensions.Hosting;

/// <summary>What waits in queues of the broker.</summary>
public static class ReadyMessagesExtensions
{
    /// <summary>
    /// How many messages are ready in each queue, in the order of the names; null for one that is not there. Asking for one that is not costs the channel that asks: another is
    /// opened for the rest.
    /// </summary>
    /// <exception cref="OperationInterruptedException">The broker refuses for another reason, or the connection ends.</exception>
    public static async Task<IReadOnlyList<uint?>> CountReadyAsync(this IConnection connection, IEnumerable<string> queues, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(queues);
        var ready = new List<uint?>();
        IChannel? channel = null;
        try
        {
            foreach (var queue in queues)
            {
                channel ??= await connection.CreateChannelAsync(cancellationToken: cancellationToken);
                try
                {
                    ready.Add((await channel.QueueDeclarePassiveAsync(queue, cancellationToken)).MessageCount);
                }
                catch (OperationInterruptedException exception) when (exception.ShutdownReason?.ReplyCode == 404)
                {
                    ready.Add(null);
                    await channel.DisposeAsync();
                    channel = null;
                }
            }
        }
        finally
        {
            if (channel is not null)
            {
                await channel.DisposeAsync();
            }
        }

        return ready;
    }
}
