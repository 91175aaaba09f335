using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OpenTelemetry.Trace;
using RabbitMQ.Client;
using StackExchange.Redis;

namespace TaskPipeline.ServiceDefaults.Tests;

/// <summary>
/// What services may rely on of the clients, whoever supplies them: with UseAspire=true the same tests run against Aspire's own. No
/// type of settings is named, because its namespace is all that differs.
/// </summary>
public sealed class ClientTests
{
    [Fact]
    public void RabbitMQ_Added_RegistersFactoryAndConnectionOnce()
    {
        var builder = NewBuilder();

        builder.AddRabbitMQClient("rabbitmq");

        Assert.Equal(ServiceLifetime.Singleton, Assert.Single(builder.Services, service => service.ServiceType == typeof(IConnectionFactory) && !service.IsKeyedService).Lifetime);
        Assert.Equal(ServiceLifetime.Singleton, Assert.Single(builder.Services, service => service.ServiceType == typeof(IConnection) && !service.IsKeyedService).Lifetime);
    }

    [Fact]
    public void Redis_Added_RegistersTheConnectionOnce()
    {
        var builder = NewBuilder();

        builder.AddRedisClient("redis");

        Assert.Equal(ServiceLifetime.Singleton, Assert.Single(builder.Services, service => service.ServiceType == typeof(IConnectionMultiplexer) && !service.IsKeyedService).Lifetime);
    }

    [Theory]
    [InlineData("amqp://general", null, null, "general")]
    [InlineData("amqp://general", "amqp://named", null, "named")]
    [InlineData("amqp://general", "amqp://named", "amqp://string", "string")]
    public async Task RabbitMQ_ConnectionString_ComesFromTheNearestPlace(string general, string? named, string? connectionString, string host)
    {
        var builder = NewBuilder(
            ("Aspire:RabbitMQ:Client:ConnectionString", general), ("Aspire:RabbitMQ:Client:rabbitmq:ConnectionString", named), ("ConnectionStrings:rabbitmq", connectionString));
        builder.AddRabbitMQClient("rabbitmq");

        await using var services = builder.Services.BuildServiceProvider();

        Assert.Equal(host, services.GetRequiredService<IConnectionFactory>().Uri.Host);
    }

    [Fact]
    public async Task RabbitMQ_Factory_IsConfiguredLast()
    {
        var builder = NewBuilder(("ConnectionStrings:rabbitmq", "amqp://somewhere"));
        builder.AddRabbitMQClient("rabbitmq", configureConnectionFactory: factory => factory.ClientProvidedName = $"for {factory.Uri.Host}");

        await using var services = builder.Services.BuildServiceProvider();

        Assert.Equal("for somewhere", services.GetRequiredService<IConnectionFactory>().ClientProvidedName);
    }

    [Fact]
    public void Settings_Unconfigured_AreTheDefaults()
    {
        var builder = NewBuilder();

        builder.AddRabbitMQClient("rabbitmq", settings =>
        {
            Assert.Null(settings.ConnectionString);
            Assert.Equal(5, settings.MaxConnectRetryCount);
            Assert.False(settings.DisableHealthChecks || settings.DisableTracing);
        });
        builder.AddRedisClient("redis", settings =>
        {
            Assert.Null(settings.ConnectionString);
            Assert.False(settings.DisableHealthChecks || settings.DisableTracing);
        });
    }

    [Fact]
    public async Task Redis_ThatIsAway_DoesNotKeepTheServiceFromStarting()
    {
        ConfigurationOptions? options = null;
        var builder = NewBuilder(("ConnectionStrings:redis", "127.0.0.1:1,connectTimeout=100"));
        builder.AddRedisClient("redis", configureOptions: given => options = given);

        await using var services = builder.Services.BuildServiceProvider();
        var connection = services.GetRequiredService<IConnectionMultiplexer>();

        Assert.False(connection.IsConnected);
        Assert.False(options!.AbortOnConnectFail);
    }

    [Theory]
    [InlineData(false, "RabbitMQ.Client", "StackExchange.Redis")]
    [InlineData(true)]
    public void HealthChecks_OfTheClients_HaveTheirNamesUnlessDisabled(bool disabled, params string[] names)
    {
        var builder = NewBuilder();
        builder.AddRabbitMQClient("rabbitmq", settings => settings.DisableHealthChecks = disabled);
        builder.AddRedisClient("redis", settings => settings.DisableHealthChecks = disabled);

        using var services = builder.Services.BuildServiceProvider();

        Assert.Equal(names, services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations.Select(check => check.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Aspire.RabbitMQ.Client")]
    [InlineData("RabbitMQ.Client.Publisher")]
    [InlineData("RabbitMQ.Client.Subscriber")]
    [InlineData("OpenTelemetry.Instrumentation.StackExchangeRedis")]
    public void Sources_OfTheClients_AreTraced(string name)
    {
        var builder = NewBuilder();
        builder.AddRabbitMQClient("rabbitmq");
        builder.AddRedisClient("redis", configureOptions: options => options.AbortOnConnectFail = false);
        using var services = builder.Services.BuildServiceProvider();
        using var source = new ActivitySource(name);

        Assert.NotNull(services.GetRequiredService<TracerProvider>());

        Assert.True(source.HasListeners());
    }

    private static HostApplicationBuilder NewBuilder(params (string Name, string? Value)[] settings)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(settings.Where(setting => setting.Value is not null).ToDictionary(setting => setting.Name, setting => setting.Value));
        return builder;
    }
}
