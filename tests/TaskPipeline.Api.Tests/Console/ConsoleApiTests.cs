using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using TaskPipeline.Api.Console;

namespace TaskPipeline.Api.Tests.Console;

public sealed partial class ConsoleApiTests : IAsyncLifetime
{
    private readonly WebApplication _app = Build();
    private readonly HttpClient _http = new();

    public async Task InitializeAsync()
    {
        await _app.StartAsync();
        _http.BaseAddress = new Uri(_app.Urls.Single());
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Get_StartPage_ForbidsEverythingFromElsewhere()
    {
        using var response = await _http.GetAsync(new Uri("/", UriKind.Relative));

        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_EveryFileThatTheConsoleNames_IsThere()
    {
        var named = new HashSet<string>();
        var open = new Queue<string>(["/"]);
        while (open.TryDequeue(out var path))
        {
            var text = await _http.GetStringAsync(new Uri(path, UriKind.Relative));
            foreach (var name in References().Matches(text).Select(match => match.Groups["name"].Value).Where(named.Add))
            {
                open.Enqueue($"/console/{name}");
            }
        }

        Assert.Equal(["api.js", "console.css", "detail.js", "dom.js", "fleet.js", "icon.svg", "main.js", "submit.js", "tasks.js"], named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Get_WithTheTagOfTheLastAnswer_IsNotModified()
    {
        using var first = await _http.GetAsync(new Uri("/console/main.js", UriKind.Relative));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/console/main.js");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        using var second = await _http.SendAsync(request);

        Assert.Equal("text/javascript", first.Content.Headers.ContentType?.MediaType);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    private static WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapConsole();
        return app;
    }

    [GeneratedRegex("""("/console/|from '\./)(?<name>[a-z.]+)["']""")]
    private static partial Regex References();
}
