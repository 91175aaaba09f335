namespace TaskPipeline.Algorithm.Consuming;

/// <summary>Adds the consumption of tasks.</summary>
public static class ConsumingExtensions
{
    /// <summary>The name of the connection to RabbitMQ.</summary>
    public const string ConnectionName = "rabbitmq";

    /// <summary>Adds the consumer; the last hosted service, so that it stops first.</summary>
    public static IHostApplicationBuilder AddConsuming(this IHostApplicationBuilder builder)
    {
        builder.AddRabbitMQClient(ConnectionName, configureConnectionFactory: factory =>
        {
            factory.AutomaticRecoveryEnabled = false;
            factory.RequestedHeartbeat = TimeSpan.FromSeconds(10);
            factory.RequestedConnectionTimeout = TimeSpan.FromSeconds(5);
        });

        // The grace of a drain, what the ladder and the last reports take, and some more.
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout =
            (builder.Configuration.GetSection(WorkerOptions.SectionName).Get<WorkerOptions>() ?? new WorkerOptions()).DrainGrace + TimeSpan.FromSeconds(15));
        builder.AddCheckedOptions<ConsumingOptions>(ConsumingOptions.SectionName);
        builder.Services.AddSingleton<ConsumerDependencies>();
        builder.Services.AddHostedService<TaskConsumer>();
        return builder;
    }
}
