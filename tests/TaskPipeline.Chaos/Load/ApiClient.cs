using System.Net;
using System.Net.Sockets;
using TaskPipeline.Chaos.Audit;

namespace TaskPipeline.Chaos.Load;

/// <summary>
/// A client of all replicas, as a good one is: what is refused with 503 or cut is sent again, to any of them, until the caller gives up.
/// Everything else that is not a promised answer is a finding. Thread safe.
/// </summary>
internal sealed class ApiClient(IReadOnlyList<Uri> replicas, LoadCounts counts, Findings findings) : IDisposable
{
    /// <summary>Beyond what was asked to wait, an answer takes no longer; the promise is a second, of a machine that is not busy otherwise.</summary>
    private static readonly TimeSpan s_slow = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(250);

    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20) }) { Timeout = Timeout.InfiniteTimeSpan };
    private int _next;

    /// <summary>Sends until there is an answer other than 503.</summary>
    /// <returns>The answer; null when it was not one of the promised ones, which is a finding.</returns>
    public async Task<Answer?> SendAsync(Call call, CancellationToken cancellationToken)
    {
        for (var n = 0; ; n++)
        {
            if (await TrySendAsync(call, cancellationToken) is { } answer)
            {
                if (call.Promised.Contains(answer.Status))
                {
                    return answer;
                }

                findings.Add($"{call} was answered with {(int)answer.Status}: {answer.Text}");
                return null;
            }

            if (n == 0 && call.Key is not null)
            {
                counts.CountRepeated();
            }

            await Task.Delay(s_again, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Opens a stream of events; null when it is to be tried again.</summary>
    public async Task<HttpResponseMessage?> TryOpenAsync(string path, string? lastEventId, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(NextReplica(), path));
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        HttpResponseMessage? response = null;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                var open = response;
                response = null;
                return open;
            }

            Check(path, response, await response.Content.ReadAsStringAsync(cancellationToken));
        }
        catch (Exception exception) when (IsCut(exception))
        {
            counts.CountCut();
        }
        finally
        {
            response?.Dispose();
        }

        await Task.Delay(s_again, TimeProvider.System, cancellationToken);
        return null;
    }

    /// <summary>A stream of events was opened again.</summary>
    public void CountResumed() => counts.CountResumed();

    /// <summary>A stream of events was cut.</summary>
    public void CountCut() => counts.CountCut();

    /// <summary>Whether a call was cut: as the client of .NET says so, or as a connection that was gone before it knew whom it reaches.</summary>
    public static bool IsCut(Exception exception) => exception is HttpRequestException or IOException or SocketException;

    public void Dispose() => _http.Dispose();

    private async Task<Answer?> TrySendAsync(Call call, CancellationToken cancellationToken)
    {
        var replica = NextReplica();
        using var request = call.ToRequest(replica);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(call.Wait + s_slow);
        var begun = TimeProvider.System.GetTimestamp();
        try
        {
            using var response = await _http.SendAsync(request, limit.Token);
            var text = await response.Content.ReadAsStringAsync(limit.Token);
            if (call.Wait == TimeSpan.Zero)
            {
                counts.Took(TimeProvider.System.GetElapsedTime(begun));
            }

            return response.StatusCode == HttpStatusCode.ServiceUnavailable && Check(call.Path, response, text) ? null : new Answer(response.StatusCode, text);
        }
        catch (Exception exception) when (IsCut(exception))
        {
            counts.CountCut();
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            findings.Add($"{call} was not answered by {replica} within {(call.Wait + s_slow).TotalSeconds:0} s");
            return null;
        }
    }

    /// <summary>Whether it is the one refusal that a client must expect, in its promised form; anything else is a finding.</summary>
    private bool Check(string path, HttpResponseMessage response, string text)
    {
        if (response is { StatusCode: HttpStatusCode.ServiceUnavailable, Headers.RetryAfter: not null }
            && response.Content.Headers.ContentType?.MediaType == "application/problem+json")
        {
            counts.CountUnavailable();
            return true;
        }

        findings.Add($"{path} was answered with {(int)response.StatusCode}: {text}");
        return false;
    }

    private Uri NextReplica() => replicas[(int)((uint)Interlocked.Increment(ref _next) % (uint)replicas.Count)];
}
