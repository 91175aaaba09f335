namespace TaskPipeline.Api.Publishing;

/// <summary>Adds the broker.</summary>
public static class PublishingExtensions
{
    /// <summary>The name of the connection to RabbitMQ.</summary>
    public const string ConnectionName = "rabbitmq";

    /// <summary>Adds publishing, the topology and the service of dead letters.</summary>
    public static IHostApplicationBuilder AddPublishing(this IHostApplicationBuilder builder)
    {
        builder.AddRabbitMQClient(ConnectionName, configureConnectionFactory: factory =>
        {
            factory.AutomaticRecoveryEnabled = false;
            factory.RequestedHeartbeat = TimeSpan.FromSeconds(10);
            factory.RequestedConnectionTimeout = TimeSpan.FromSeconds(5);
            factory.ConsumerDispatchConcurrency = 4;
        });
        builder.Services.AddSingleton<DeadLetterHandler>();
        builder.Services.AddSingleton<RabbitMqTaskQueue>();
        builder.Services.AddSingleton<ITaskQueue>(services => services.GetRequiredService<RabbitMqTaskQueue>());
        builder.Services.AddHostedService(services => services.GetRequiredService<RabbitMqTaskQueue>());
        builder.Services.AddSingleton<ConfirmedDispatches>();
        builder.AddCheckedOptions<PublishingOptions>(PublishingOptions.SectionName);
        builder.Services.AddSingleton<LaneQueues>();
        builder.Services.AddHostedService<LaneWatch>();
        builder.Services.AddSingleton<TaskDispatcher>();
        return builder;
    }
}
