namespace TaskPipeline.Api.Tasks;

/// <summary>Adds the use cases of tasks.</summary>
public static class TasksExtensions
{
    /// <summary>Adds submission and waiting.</summary>
    public static IHostApplicationBuilder AddTasks(this IHostApplicationBuilder builder)
    {
        builder.AddCheckedOptions<TaskOptions>(TaskOptions.SectionName);
        builder.Services.AddSingleton<TaskSubmissionService>();
        builder.Services.AddSingleton<TaskWaiter>();
        return builder;
    }
}
