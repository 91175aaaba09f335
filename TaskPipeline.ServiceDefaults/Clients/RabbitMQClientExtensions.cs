using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Microsoft.Extensions.Hosting;

/// <summary>Stands in for Aspire.RabbitMQ.Client where Aspire's packages are not used: same names, sections, registrations, health check.</summary>
public static class RabbitMQClientExtensions
{
    private const string Section = "Aspire:RabbitMQ:Client";

    /// <summary>Adds <see cref="IConnectionFactory"/> and <see cref="IConnection"/> as singletons.</summary>
    public static void AddRabbitMQClient(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<RabbitMQClientSettings>? configureSettings = null,
        Action<ConnectionFactory>? configureConnectionFactory = null)
    {
        var settings = new RabbitMQClientSettings();
        builder.Configuration.GetSection(Section).Bind(settings);
        builder.Configuration.GetSection($"{Section}:{connectionName}").Bind(settings);
        settings.ConnectionString = builder.Configuration.GetConnectionString(connectionName) ?? settings.ConnectionString;
        configureSettings?.Invoke(settings);

        builder.Services.AddSingleton<IConnectionFactory>(_ =>
        {
            var factory = new ConnectionFactory
            {
                Uri = new Uri(settings.ConnectionString ?? throw new InvalidOperationException(
                    $"ConnectionStrings:{connectionName} is missing: set it to the AMQP URI of RabbitMQ")),
            };
            configureConnectionFactory?.Invoke(factory);
            return factory;
        });
        builder.Services.AddSingleton(services => Connect(services.GetRequiredService<IConnectionFactory>(), settings.MaxConnectRetryCount));
        if (!settings.DisableTracing)
        {
            builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource("Aspire.RabbitMQ.Client", "RabbitMQ.Client.*"));
        }

        if (!settings.DisableHealthChecks)
        {
            builder.Services.TryAddSingleton(services => new RabbitMQHealthCheck(services.GetRequiredService<IConnectionFactory>()));
            builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
                "RabbitMQ.Client",
                services => services.GetRequiredService<RabbitMQHealthCheck>(),
                failureStatus: null,
                tags: null,
                timeout: TimeSpan.FromSeconds(2)));
        }
    }

    private static IConnection Connect(IConnectionFactory factory, int retries)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                // A singleton is made without await; this is how Aspire's client does it too.
                return Task.Run(() => factory.CreateConnectionAsync()).GetAwaiter().GetResult();
            }
            catch (BrokerUnreachableException) when (attempt < retries)
            {
                // The next try follows the factory's own connect time-out.
            }
        }
    }
}
