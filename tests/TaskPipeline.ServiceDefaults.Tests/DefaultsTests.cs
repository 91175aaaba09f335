using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace TaskPipeline.ServiceDefaults.Tests;

public sealed class DefaultsTests
{
    [Theory]
    [InlineData("/alive", "Production")]
    [InlineData("/health", "Production")]
    [InlineData("/alive", "Development")]
    [InlineData("/health", "Development")]
    public async Task Endpoint_OfHealth_IsThereInEveryEnvironment(string path, string environment)
    {
        await using var application = await StartAsync(environment);
        using var http = new HttpClient();

        using var response = await http.GetAsync(Address(application, path));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Health_WithTheBrokerAway_IsDegradedAndAnswers()
    {
        await using var application = await StartAsync("Production", builder => builder.AddRabbitMQClient("rabbitmq"), ("ConnectionStrings:rabbitmq", "amqp://127.0.0.1:1"));
        using var http = new HttpClient();

        using var response = await http.GetAsync(Address(application, "/health"));

        Assert.Equal((HttpStatusCode.OK, "Degraded"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task Health_WithTheStoreAway_IsUnhealthyAndLivenessIsNot()
    {
        await using var application = await StartAsync("Production", builder => builder.AddRedisClient("redis"), ("ConnectionStrings:redis", "127.0.0.1:1,connectTimeout=100,asyncTimeout=100"));
        using var http = new HttpClient();

        using var health = await http.GetAsync(Address(application, "/health"));
        using var alive = await http.GetAsync(Address(application, "/alive"));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (health.StatusCode, alive.StatusCode));
    }

    [Fact]
    public async Task Health_OfAProcessThatStops_IsUnhealthyAndLivenessIsNot()
    {
        await using var application = await StartAsync("Production");
        var health = application.Services.GetRequiredService<HealthCheckService>();

        application.Lifetime.StopApplication();

        Assert.Equal(HealthStatus.Unhealthy, (await health.CheckHealthAsync()).Status);
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(check => check.Tags.Contains("live"))).Status);
    }

    [Theory]
    [InlineData("POST", 1)]
    [InlineData("PATCH", 1)]
    [InlineData("DELETE", 1)]
    [InlineData("GET", 2)]
    public async Task Client_ThatIsAnsweredWith503_RepeatsOnlyWhatIsSafe(string method, int calls)
    {
        var counted = 0;
        await using var application = await StartAsync("Production", map: application => application.MapMethods("/", [method], () => Interlocked.Increment(ref counted) == 1 ? Results.StatusCode(503) : Results.Ok()));
        using var http = application.Services.GetRequiredService<IHttpClientFactory>().CreateClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), Address(application, "/"));

        using var response = await http.SendAsync(request);

        Assert.Equal(calls, counted);
        Assert.Equal(calls == 1 ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("Logging:LogLevel:Default", "Information", false)]
    [InlineData("Logging:LogLevel:Microsoft.AspNetCore", "Information", true)]
    public async Task Requests_AreLoggedWhenAskedFor(string setting, string level, bool logged)
    {
        await using var application = await StartAsync("Production", settings: (setting, level));

        var logger = application.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics");

        Assert.Equal(logged, logger.IsEnabled(LogLevel.Information));
    }

    [Fact]
    public async Task Client_ThatNamesAService_FindsItsAddress()
    {
        await using var called = await StartAsync("Production", map: application => application.MapGet("/", () => "found"));
        await using var application = await StartAsync("Production", settings: ("services:api:http:0", Address(called, "").ToString()));
        using var http = application.Services.GetRequiredService<IHttpClientFactory>().CreateClient();

        Assert.Equal("found", await http.GetStringAsync(new Uri("https+http://api/")));
    }

    private static async Task<WebApplication> StartAsync(
        string environment, Action<WebApplicationBuilder>? add = null, (string Name, string Value) settings = default, Action<WebApplication>? map = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        if (settings.Name is not null)
        {
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { [settings.Name] = settings.Value });
        }

        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddServiceDefaults();
        add?.Invoke(builder);
        var application = builder.Build();
        application.MapDefaultEndpoints();
        map?.Invoke(application);
        await application.StartAsync();
        return application;
    }

    private static Uri Address(WebApplication application, string path) => new(application.Urls.Single() + path);
}
