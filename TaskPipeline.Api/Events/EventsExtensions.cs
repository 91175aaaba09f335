namespace TaskPipeline.Api.Events;

/// <summary>Adds the changes of tasks.</summary>
public static class EventsExtensions
{
    /// <summary>Adds <see cref="ITaskEvents"/> over Redis.</summary>
    public static IHostApplicationBuilder AddTaskEvents(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ITaskEvents, RedisTaskEvents>();
        return builder;
    }
}
