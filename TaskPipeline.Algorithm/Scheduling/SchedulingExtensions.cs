using TaskPipeline.Algorithm.Diagnostics;

namespace TaskPipeline.Algorithm.Scheduling;

/// <summary>Adds what runs tasks.</summary>
public static class SchedulingExtensions
{
    /// <summary>Adds scheduler, executor and runner.</summary>
    public static IHostApplicationBuilder AddScheduling(this IHostApplicationBuilder builder)
    {
        builder.AddCheckedOptions<WorkerOptions>(WorkerOptions.SectionName);
        builder.AddCheckedOptions<SchedulingOptions, SchedulingOptionsValidator>(SchedulingOptions.SectionName);
        builder.Services.AddSingleton<WorkerIdentity>();
        builder.Services.AddSingleton<RunningTasks>();
        builder.Services.AddSingleton<AlgorithmMetrics>();
        builder.Services.AddSingleton<NativeRunner>();
        builder.Services.AddSingleton<TaskExecutor>();
        builder.Services.AddSingleton<DeliveryScheduler>();
        return builder;
    }
}
