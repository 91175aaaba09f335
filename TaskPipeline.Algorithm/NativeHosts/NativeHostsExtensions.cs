namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>Adds the hosts of native code.</summary>
public static class NativeHostsExtensions
{
    /// <summary>Adds catalogue and pool.</summary>
    public static IHostApplicationBuilder AddNativeHosts(this IHostApplicationBuilder builder)
    {
        builder.AddCheckedOptions<NativeHostOptions, NativeHostOptionsValidator>(NativeHostOptions.SectionName);
        builder.Services.PostConfigure<NativeHostOptions>(AddOwnLibraries);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<HostStarter>();
        builder.Services.AddSingleton<WorkFolder>();
        builder.Services.AddSingleton<SamplingClock>();
        builder.Services.AddSingleton<LibraryDescriber>();
        builder.Services.AddSingleton<AlgorithmCatalogue>();
        builder.Services.AddSingleton<NativeHostPool>();
        builder.Services.AddHostedService<NativeHostsStartup>();
        builder.Services.AddHealthChecks().AddCheck<NativeHostsHealthCheck>("native-hosts");
        return builder;
    }

    /// <summary>A configured list is added to, not replaced, by the binder: so the default comes after it.</summary>
    private static void AddOwnLibraries(NativeHostOptions options)
    {
        if (options.Libraries.Count == 0 && NativeLayout.Libraries is { Length: > 0 } samples)
        {
            options.Libraries.Add(samples);
        }

        if (options.Faults && NativeLayout.Faults is { Length: > 0 } faults)
        {
            options.Libraries.Add(faults);
        }
    }
}
