namespace TaskPipeline.Api.Draining;

/// <summary>Adds the orderly stop.</summary>
public static class DrainingExtensions
{
    /// <summary>Adds the notice before a stop, and bounds the whole of it.</summary>
    public static IHostApplicationBuilder AddDraining(this IHostApplicationBuilder builder)
    {
        builder.AddCheckedOptions<DrainOptions>(DrainOptions.SectionName);

        // Bound here once more, unchecked: the host asks for its limit when it is built, which is before anything is checked.
        var drain = builder.Configuration.GetSection(DrainOptions.SectionName);
        builder.Services.Configure<HostOptions>(host =>
        {
            var options = drain.Get<DrainOptions>() ?? new DrainOptions();
            host.ShutdownTimeout = options.Notice + options.Grace;
        });
        builder.Services.AddHostedService<DrainService>();
        return builder;
    }
}
