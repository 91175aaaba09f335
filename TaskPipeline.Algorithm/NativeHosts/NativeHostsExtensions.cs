namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>Adds the hosts of native code.</summary>
public static class NativeHostsExtensions
{
    /// <summary>Adds catalogue and pool.</summary>
    public static IHostApplicationBuilder AddNativeHosts(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<NativeHostOptions>().BindConfiguration(NativeHostOptions.SectionName).ValidateDataAnnotations();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<HostStarter>();
        builder.Services.AddSingleton<AlgorithmCatalogue>();
        builder.Services.AddSingleton<NativeHostPool>();
        builder.Services.AddHostedService<NativeHostsStartup>();
        return builder;
    }
}
