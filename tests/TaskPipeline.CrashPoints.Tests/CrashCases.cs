using System.Net;
using RabbitMQ.Client;
using TaskPipeline.Chaos.Load;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;
using Points = TaskPipeline.ServiceDefaults.CrashPoints;

namespace TaskPipeline.CrashPoints.Tests;

/// <summary>A case for every point.</summary>
internal static class CrashCases
{
    private static readonly TaskPlan s_primes = new()
    {
        Name = "primes",
        Algorithm = "primes",
        Members = new Dictionary<string, object> { ["input"] = new { limit = 10_000 } },
        Ends = ["completed"],
        IsRight = task => task.GetProperty("result").GetProperty("count").GetInt32() == 1_229,
    };

    private static readonly TaskPlan s_later = s_primes with { NotBefore = TimeSpan.FromSeconds(1) };

    private static readonly TaskPlan s_hello = new()
    {
        Name = "hello",
        Algorithm = "hello",
        Ends = ["completed"],
        IsRight = task => task.GetProperty("output").GetString() == "hello world\n",
    };

    private static readonly TaskPlan s_cancelled = new() { Name = "cancelled", Algorithm = "fault.loop", Ends = [], CancelAfter = TimeSpan.FromSeconds(1) };

    public static IReadOnlyDictionary<string, CrashCase> All { get; } = new Dictionary<string, CrashCase>
    {
        [Points.SubmitStored] = new(s_primes, "completed"),
        [Points.DispatchPublished] = new(s_primes, "completed"),
        [Points.DispatchConfirmed] = new(s_primes, "completed"),
        [Points.Delivered] = new(s_primes, "completed"),
        [Points.ClaimStored] = new(s_primes, "completed"),
        [Points.Claimed] = new(s_primes, "lost", "completed"),
        [Points.Ended] = new(s_primes, "lost", "completed"),
        [Points.FinishReceived] = new(s_primes, "completed"),
        [Points.FinishStored] = new(s_primes, "completed"),
        [Points.Reported] = new(s_primes, "completed"),
        [Points.Acknowledged] = new(s_primes, "completed"),
        [Points.Refused] = new(s_primes, "completed") { LiveAsync = DeliverAgainAsync },
        [Points.ReleaseStored] = new(s_hello, "released", "completed") { LiveAsync = DrainAsync },
        [Points.CancelStored] = new(s_cancelled, "cancelled"),
        [Points.TimerTaken] = new(s_later, "completed"),
        [Points.TimerServed] = new(s_later, "completed"),
    };

    /// <summary>Publishes the message of a task once more when the task has ended, as a broker may that was restored.</summary>
    private static async Task DeliverAgainAsync(CrashPointTopology topology, TaskJourney journey, Func<Task> live)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(topology.Topology.RabbitMqUri) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        var copies = await channel.QueueDeclareAsync();
        await channel.QueueBindAsync(copies.QueueName, Topology.TasksExchange, Topology.LaneName(Lane.Short));
        await live();

        var message = await channel.BasicGetAsync(copies.QueueName, autoAck: true);
        Assert.NotNull(message);
        await channel.QueueUnbindAsync(copies.QueueName, Topology.TasksExchange, Topology.LaneName(Lane.Short));
        await channel.BasicPublishAsync(Topology.TasksExchange, Topology.LaneName(Lane.Short), message.Body);
    }

    /// <summary>Tells the workers to stop while one of them runs the task.</summary>
    private static async Task DrainAsync(CrashPointTopology topology, TaskJourney journey, Func<Task> live)
    {
        var life = live();
        await topology.WaitAsync("the start of the task", async token => journey.Id is { } id
            && await topology.Client.SendAsync(new Call(HttpMethod.Get, $"/tasks/{id}", HttpStatusCode.OK), token) is { } answer
            && answer.Json.GetProperty("status").GetString() == "processing");
        await Task.WhenAll(topology.Topology.Workers.Select(worker => worker.SignalAsync("TERM")));
        await life;
    }
}
