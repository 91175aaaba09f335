using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace Microsoft.Extensions.Hosting;

/// <summary>Stands in for Aspire.StackExchange.Redis where Aspire's packages are not used: same names, sections, registrations, health check.</summary>
public static class RedisClientExtensions
{
    private const string Section = "Aspire:StackExchange:Redis";

    /// <summary>Adds <see cref="IConnectionMultiplexer"/> as a singleton that connects in the background.</summary>
    public static void AddRedisClient(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<StackExchangeRedisSettings>? configureSettings = null,
        Action<ConfigurationOptions>? configureOptions = null)
    {
        var settings = new StackExchangeRedisSettings();
        builder.Configuration.GetSection(Section).Bind(settings);
        builder.Configuration.GetSection($"{Section}:{connectionName}").Bind(settings);
        settings.ConnectionString = builder.Configuration.GetConnectionString(connectionName) ?? settings.ConnectionString;
        configureSettings?.Invoke(settings);

        builder.Services.AddSingleton<IConnectionMultiplexer>(_ =>
        {
            var options = ConfigurationOptions.Parse(settings.ConnectionString ?? throw new InvalidOperationException(
                $"ConnectionStrings:{connectionName} is missing: set it to the address of Redis"));
            options.AbortOnConnectFail = false;
            configureOptions?.Invoke(options);
            return ConnectionMultiplexer.Connect(options);
        });
        if (!settings.DisableTracing)
        {
            builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource("OpenTelemetry.Instrumentation.StackExchangeRedis"));
        }

        if (!settings.DisableHealthChecks)
        {
            builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
                "StackExchange.Redis",
                services => new RedisHealthCheck(services.GetRequiredService<IConnectionMultiplexer>()),
                HealthStatus.Unhealthy,
                tags: null,
                timeout: TimeSpan.FromSeconds(2)));
        }
    }
}
