using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Options;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Algorithm.Callbacks;

/// <summary>One request of the callback: an array of reports there, a verdict for each back.</summary>
internal sealed class CallbackClient
{
    /// <summary>How often a request that never reached an API is sent again at once: with several replicas, to another one.</summary>
    private const int MaxReconnects = 2;

    private static readonly Uri s_path = new(CallbackProtocol.Path, UriKind.Relative);
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly HttpClient _http;

    public CallbackClient(HttpClient http, IOptions<CallbackOptions> options)
    {
        _http = http;
        http.BaseAddress = new Uri(options.Value.Address);
        http.Timeout = options.Value.RequestLimit;
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(CallbackProtocol.AuthenticationScheme, options.Value.Secret);
    }

    /// <summary>Sends reports that were serialised before. Returns the verdicts in their order.</summary>
    /// <exception cref="HttpRequestException">The API cannot be reached or did not answer as it should.</exception>
    public async Task<ReportVerdict[]> SendAsync(IReadOnlyList<byte[]> reports, CancellationToken cancellationToken)
    {
        var body = Join(reports);
        for (var reconnects = 0; ; reconnects++)
        {
            try
            {
                return await SendOnceAsync(body, reports.Count, cancellationToken);
            }
            catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConnectionError && reconnects < MaxReconnects)
            {
                // Service discovery takes the replicas in turn.
            }
        }
    }

    private async Task<ReportVerdict[]> SendOnceAsync(byte[] reports, int count, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(reports);
        content.Headers.ContentType = s_json;
        try
        {
            using var response = await _http.PostAsync(s_path, content, cancellationToken);
            response.EnsureSuccessStatusCode();
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            var verdicts = JsonSerializer.Deserialize(body, ContractsJsonContext.Default.ReportVerdictArray);
            return verdicts?.Length == count ? verdicts : throw new HttpRequestException("The answer does not have a verdict for each report");
        }
        catch (JsonException exception)
        {
            throw new HttpRequestException("The answer is not what a callback answers", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException("The API did not answer in time", exception);
        }
        catch (SocketException exception)
        {
            // The client of .NET asks a connection that was just made whom it reaches, and lets this through when that is gone already.
            throw new HttpRequestException(HttpRequestError.ConnectionError, exception.Message, exception);
        }
        catch (Exception exception) when (exception is not (HttpRequestException or OperationCanceledException))
        {
            // Whatever else comes out of a request, what was to be sent is sent again; it must not end the worker, nor what it runs.
            throw new HttpRequestException(exception.Message, exception);
        }
    }

    private static byte[] Join(IReadOnlyList<byte[]> reports)
    {
        var body = new byte[reports.Sum(report => report.Length + 1) + 1];
        var position = 0;
        for (var n = 0; n < reports.Count; n++)
        {
            body[position++] = n == 0 ? (byte)'[' : (byte)',';
            reports[n].CopyTo(body, position);
            position += reports[n].Length;
        }

        body[position] = (byte)']';
        return body;
    }
}
