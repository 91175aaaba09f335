namespace TaskPipeline.Api.Timers;

/// <summary>Adds the service of due timers.</summary>
public static class TimersExtensions
{
    /// <summary>Adds the hosted service that looks after live tasks.</summary>
    public static IHostApplicationBuilder AddTaskTimers(this IHostApplicationBuilder builder)
    {
        builder.AddCheckedOptions<TimerOptions>(TimerOptions.SectionName);
        builder.Services.AddHostedService<DueTimerService>();
        return builder;
    }
}
