using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace TaskPipeline.Benchmarks.EndToEnd.Bare;

/// <summary>The worker of the bare loop: consume, run nothing, call back, acknowledge; as many at a time as it has slots.</summary>
internal static class BareWorker
{
    /// <summary>Arguments: port of the API, RabbitMQ, slots.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var slots = ushort.Parse(arguments[2], CultureInfo.InvariantCulture);
        using var http = new HttpClient();
        var callback = new Uri($"http://127.0.0.1:{arguments[0]}/callbacks");
        await using var connection = await new ConnectionFactory { Uri = new Uri(arguments[1]), ConsumerDispatchConcurrency = slots }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.BasicQosAsync(0, (ushort)(2 * slots), global: false);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            var task = JsonSerializer.Deserialize(delivery.Body.Span, BareJsonContext.Default.BareTask)!;
            var end = new BareEnd(task.Id, """{"limit":10,"count":4}""");
            using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(end, BareJsonContext.Default.BareEnd));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await http.PostAsync(callback, content);
            response.EnsureSuccessStatusCode();
            await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false);
        };
        await channel.BasicConsumeAsync(BareApi.Queue, autoAck: false, consumer);
        await Console.Out.WriteLineAsync("consuming");
        await Task.Delay(Timeout.Infinite);
        return 0;
    }
}
