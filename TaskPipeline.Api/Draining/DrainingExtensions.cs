using Microsoft.Extensions.Options;

namespace TaskPipeline.Api.Draining;

/// <summary>Adds the orderly stop.</summary>
public static class DrainingExtensions
{
    /// <summary>Adds the notice before a stop, and bounds the whole of it.</summary>
    public static IHostApplicationBuilder AddDraining(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<DrainOptions>().BindConfiguration(DrainOptions.SectionName).ValidateDataAnnotations();
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<DrainOptions>>(
            (host, drain) => host.ShutdownTimeout = drain.Value.Notice + drain.Value.Grace);
        builder.Services.AddHostedService<DrainService>();
        return builder;
    }
}
