namespace TaskPipeline.Api.Events;

/// <summary>Adds the states of tasks as they come.</summary>
public static class EventsExtensions
{
    /// <summary>Adds <see cref="ITaskFeeds"/> and <see cref="ReplyChannel"/> over Redis, and the streams of events.</summary>
    public static IHostApplicationBuilder AddTaskEvents(this IHostApplicationBuilder builder)
    {
        builder.AddCheckedOptions<EventStreamOptions>(EventStreamOptions.SectionName);
        builder.Services.AddSingleton<ITaskFeeds, RedisTaskFeeds>();
        builder.Services.AddSingleton<EventStreamWriter>();
        builder.Services.AddSingleton<ReplyChannel>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ReplyChannel>());
        return builder;
    }
}
