namespace TaskPipeline.Algorithm.Callbacks;

/// <summary>Adds the way to the API.</summary>
public static class CallbacksExtensions
{
    /// <summary>Adds the client, the sender and the heartbeat.</summary>
    public static IHostApplicationBuilder AddCallbacks(this IHostApplicationBuilder builder)
    {
        builder.AddCheckedOptions<CallbackOptions>(CallbackOptions.SectionName);

        // Repeating is the sender's own business: a resilience handler in between would only blur what was answered. Service discovery, which the
        // service defaults add as well, stays.
#pragma warning disable EXTEXP0001 // The only way to take back what the service defaults add to every client.
        builder.Services.AddHttpClient<CallbackClient>().RemoveAllResilienceHandlers().RemoveAllLoggers();
#pragma warning restore EXTEXP0001
        builder.Services.AddSingleton<ReportSender>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ReportSender>());
        builder.Services.AddSingleton<HeartbeatService>();
        builder.Services.AddHostedService(services => services.GetRequiredService<HeartbeatService>());
        return builder;
    }
}
