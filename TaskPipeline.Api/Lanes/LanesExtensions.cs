namespace TaskPipeline.Api.Lanes;

/// <summary>Adds what bounds waiting.</summary>
public static class LanesExtensions
{
    /// <summary>Adds prediction, estimates, reserve and their upkeep.</summary>
    public static IHostApplicationBuilder AddLanes(this IHostApplicationBuilder builder)
    {
        builder.AddCheckedOptions<LaneOptions, LaneOptionsValidator>(LaneOptions.SectionName);
        builder.Services.AddSingleton<RunTimePredictor>();
        builder.Services.AddSingleton<LaneBoard>();
        builder.Services.AddSingleton<QueueEstimator>();
        builder.Services.AddSingleton<LaneAdmission>();
        builder.Services.AddSingleton<LaneChooser>();
        builder.Services.AddSingleton<LaneKeeperOptions>();

        // Made at start: its gauges are there before a task is refused, which is what it is asked for otherwise.
        builder.Services.AddActivatedSingleton<LaneMetrics>();
        builder.Services.AddHostedService<LaneKeeper>();
        return builder;
    }
}
