using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using TaskPipeline.AppHost.Launcher;

namespace TaskPipeline.Testing;

/// <summary>Asks whether the application is whole: every replica healthy, every worker that runs announced.</summary>
internal sealed class HealthProbe(LocalTopology topology) : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    public async Task<bool> IsWholeAsync(CancellationToken cancellationToken)
    {
        try
        {
            for (var replica = 0; replica < topology.Apis.Count; replica++)
            {
                using var health = await _http.GetAsync(new Uri($"{topology.ApiAddress(replica)}/health"), cancellationToken);
                if (health.StatusCode != HttpStatusCode.OK || await health.Content.ReadAsStringAsync(cancellationToken) != "Healthy")
                {
                    return false;
                }
            }

            var workers = await _http.GetFromJsonAsync<JsonElement>($"{topology.ApiAddress()}/workers", cancellationToken);
            var ids = workers.GetProperty("items").EnumerateArray().Select(worker => worker.GetProperty("id").GetString()!).ToArray();
            return topology.Workers.All(worker => worker.Id is { } process
                && ids.Any(id => id.Contains(string.Create(CultureInfo.InvariantCulture, $"-{process}-"), StringComparison.Ordinal)));
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    public void Dispose() => _http.Dispose();
}
