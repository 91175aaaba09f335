using Microsoft.Extensions.Configuration;

namespace TaskPipeline.AppHost.Topology;

/// <summary>What the containers of the brokers need beyond Aspire's defaults.</summary>
internal static class BackingServices
{
    /// <summary>48 hours instead of the broker's 30 minutes, in milliseconds: tasks may run for hours before they are acknowledged.</summary>
    private const string AcknowledgementTimeout = "172800000";

    public static bool HasConnectionString(this IDistributedApplicationBuilder builder, string name) =>
        !string.IsNullOrWhiteSpace(builder.Configuration.GetConnectionString(name));

    /// <summary>Sets the acknowledgement time-out, and the node's name: data belong to a name, and a published container gets another host name each time.</summary>
    public static IResourceBuilder<RabbitMQServerResource> WithTasksOfHours(this IResourceBuilder<RabbitMQServerResource> rabbitmq) => rabbitmq
        .WithEnvironment("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", $"-rabbit consumer_timeout {AcknowledgementTimeout}")
        .WithEnvironment("RABBITMQ_NODENAME", $"{rabbitmq.Resource.Name}@localhost")
        .WithUrlForEndpoint("management", url => url.DisplayText = "RabbitMQ management");

    /// <summary>Append-only instead of snapshots, which lose what came after the last one.</summary>
    public static IResourceBuilder<RedisResource> WithAppendOnly(this IResourceBuilder<RedisResource> redis) => redis.WithArgs(context =>
    {
        if (context.Args is ["-c", string command, ..])
        {
            // Published, Redis is started through a shell: its whole command line is one argument.
            context.Args[1] = command + " --appendonly yes";
        }
        else
        {
            context.Args.Add("--appendonly");
            context.Args.Add("yes");
        }
    });
}
