using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using StackExchange.Redis;

namespace TaskPipeline.Benchmarks.EndToEnd.Bare;

/// <summary>
/// The least that an HTTP task service on RabbitMQ and Redis can be: create writes Redis and publishes confirmed to a quorum
/// queue; callback writes Redis. No fencing, no timers, no lists, no isolation.
/// </summary>
internal static class BareApi
{
    public const string Queue = "benchmark.bare";
    public static readonly RedisKey Ended = "bare:ended";

    private const string End = """
        redis.call('HSET', KEYS[1], 'status', 'completed', 'result', ARGV[1])
        redis.call('PEXPIRE', KEYS[1], 86400000)
        return redis.call('INCR', KEYS[2])
        """;

    /// <summary>Arguments: port, RabbitMQ, Redis.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var redis = (await ConnectionMultiplexer.ConnectAsync(arguments[2])).GetDatabase();
        var connection = await new ConnectionFactory { Uri = new Uri(arguments[1]) }.CreateConnectionAsync();
        var limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = 256, QueueLimit = int.MaxValue });
        var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true, limiter));
        await channel.QueueDeclareAsync(Queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{arguments[0]}");
        var app = builder.Build();
        var waiting = new ConcurrentDictionary<string, TaskCompletionSource>();

        app.MapPost("/tasks", async (HttpContext context) =>
        {
            var task = (await JsonSerializer.DeserializeAsync(context.Request.Body, BareJsonContext.Default.BareTask))!;
            task = task with { Id = Guid.CreateVersion7().ToString(), CreatedAt = DateTimeOffset.UtcNow };
            var body = JsonSerializer.SerializeToUtf8Bytes(task, BareJsonContext.Default.BareTask);
            TaskCompletionSource? ended = null;
            if (context.Request.Headers.ContainsKey("Prefer"))
            {
                ended = waiting[task.Id] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            await redis.HashSetAsync($"bare:task:{task.Id}", [new("status", "pending"), new("task", body)]);
            await channel.BasicPublishAsync("", Queue, mandatory: true, new BasicProperties { Persistent = true }, body);
            if (ended is not null)
            {
                await ended.Task;
            }

            context.Response.StatusCode = ended is null ? 202 : 200;
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = body.Length;
            await context.Response.BodyWriter.WriteAsync(body);
        });
        app.MapPost("/callbacks", async (HttpContext context) =>
        {
            var end = (await JsonSerializer.DeserializeAsync(context.Request.Body, BareJsonContext.Default.BareEnd))!;
            await redis.ScriptEvaluateAsync(End, [$"bare:task:{end.Id}", Ended], [end.Result]);
            if (waiting.TryRemove(end.Id, out var waiter))
            {
                waiter.SetResult();
            }

            context.Response.StatusCode = 204;
        });
        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"listening on {arguments[0]}"));
        await app.RunAsync();
        return 0;
    }
}
