using System.Globalization;
using System.Net;
using TaskPipeline.AppHost.Launcher;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Integration.Tests.Consuming;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.NativeHosts;

/// <summary>A worker whose hosts die at start says so wherever it is asked, gives its tasks back, and recovers by itself.</summary>
[Collection(BrokerCollection.Name)]
public sealed class HostStartTests : WorkerFixture, IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tp-start-");
    private readonly HttpClient _http;

    public HostStartTests(RabbitMqServer server)
        : base(server)
    {
        _http = new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Ports.TakeFree(1)[0]}")) };

        // Describes, and runs nothing until the file is there.
        ShellScript.Write(
            Host,
            $"if [ \"$1\" = run ] && [ ! -e {Repaired} ]; then echo start >> {Starts}; echo the model is missing >&2; exit 5; fi\nexec {BuildOutput.NativeHost} \"$@\"");
    }

    protected override (string Name, string Value)[] Settings => [("ASPNETCORE_URLS", _http.BaseAddress!.OriginalString), ("NativeHosts__HostPath", Host)];

    private string Host => Path.Combine(_folder.FullName, "host.sh");

    private string Repaired => Path.Combine(_folder.FullName, "repaired");

    private string Starts => Path.Combine(_folder.FullName, "starts");

    [Fact]
    public async Task Worker_WhoseHostsDieAtStart_SaysWhyBacksOffAndRecovers()
    {
        const string Reason = "The host did not start: it ended with exit code 5 before it said hello: the model is missing";
        await Api.ExpectOneAsync<AnnounceReport>(report => report.Problems.Contains($"hosts do not start: {Reason}"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await HealthAsync());
        Assert.Contains($"A host could not be started: {Reason}", Worker.Log, StringComparison.Ordinal);
        var (given, run) = (BrokerHost.Message("hello"), BrokerHost.Message("primes", new { limit = 10 }));
        await Broker.PublishAsync(given);
        Assert.Equal(ReleaseReason.CannotStart, (await Api.ExpectOneAsync<ReleasedReport>(report => report.TaskId == given.TaskId)).Reason);
        var starts = (await File.ReadAllLinesAsync(Starts)).Length;

        await File.WriteAllTextAsync(Repaired, "");

        await Api.ExpectOneAsync<AnnounceReport>(report => report.Problems.All(problem => !problem.Contains("hosts do not start", StringComparison.Ordinal)));
        await Broker.PublishAsync(run);
        Assert.Equal(TaskOutcome.Completed, (await Api.ExpectFinishedAsync(run.TaskId)).Outcome);
        Assert.Equal(HttpStatusCode.OK, await HealthAsync());

        // Three hosts are wanted; without a back-off there would be hundreds of starts.
        Assert.InRange(starts, 1, 60);
    }

    public void Dispose()
    {
        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<HttpStatusCode> HealthAsync()
    {
        using var limit = new CancellationTokenSource(s_limit);
        using var response = await _http.GetAsync(new Uri("/health", UriKind.Relative), limit.Token);
        return response.StatusCode;
    }
}
