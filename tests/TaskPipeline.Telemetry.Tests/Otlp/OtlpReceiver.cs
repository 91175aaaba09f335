using System.Globalization;
using System.Net;

namespace TaskPipeline.Telemetry.Tests.Otlp;

/// <summary>A real receiver of OTLP over HTTP, which keeps everything. Thread safe.</summary>
internal sealed class OtlpReceiver : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly HttpListener _listener = new();
    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private readonly List<OtlpSpan> _spans = [];

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private readonly List<OtlpLog> _logs = [];

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private readonly List<OtlpMetric> _metrics = [];

    /// <summary>Guarded by <see cref="_lock"/>: completes with the next request.</summary>
    private TaskCompletionSource _arrival = NewArrival();

    public OtlpReceiver(int port)
    {
        Address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        _listener.Prefixes.Add(Address + "/");
        _listener.Start();
        _ = ReceiveAsync();
    }

    public string Address { get; }

    /// <summary>Waits until what was received is enough.</summary>
    /// <param name="what">What is waited for, in words.</param>
    /// <param name="enough">Whether it is.</param>
    /// <exception cref="TimeoutException">It did not come; the message lists the spans that did.</exception>
    public async Task<Received> UntilAsync(string what, Func<Received, bool> enough)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (true)
        {
            Received received;
            Task next;
            lock (_lock)
            {
                received = new Received([.. _spans], [.. _logs], [.. _metrics]);
                next = _arrival.Task;
            }

            if (enough(received))
            {
                return received;
            }

            try
            {
                await next.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                var spans = received.Spans.Select(span => $"{span.TraceId} {span.ParentId} > {span.SpanId} {span.Service} {span.Source} {span.Name}");
                throw new TimeoutException($"{what}: did not come within {s_limit.TotalSeconds} s. Spans:{Environment.NewLine}{string.Join(Environment.NewLine, spans)}");
            }
        }
    }

    public void Dispose() => _listener.Close();

    private static TaskCompletionSource NewArrival() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task ReceiveAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                // Closed: the tests are over.
                return;
            }

            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            Keep(context.Request.Url!.AbsolutePath, body.ToArray());
            context.Response.ContentType = "application/x-protobuf";
            context.Response.Close();
        }
    }

    private void Keep(string path, byte[] body)
    {
        lock (_lock)
        {
            switch (path)
            {
                case "/v1/traces":
                    _spans.AddRange(OtlpReader.Spans(body));
                    break;
                case "/v1/logs":
                    _logs.AddRange(OtlpReader.Logs(body));
                    break;
                case "/v1/metrics":
                    _metrics.AddRange(OtlpReader.Metrics(body));
                    break;
                default:
                    throw new InvalidOperationException($"{path} is not a path of OTLP");
            }

            _arrival.SetResult();
            _arrival = NewArrival();
        }
    }
}

/// <summary>What was received so far.</summary>
internal sealed record Received(IReadOnlyList<OtlpSpan> Spans, IReadOnlyList<OtlpLog> Logs, IReadOnlyList<OtlpMetric> Metrics)
{
    /// <summary>From a span up to the root, or to the span whose parent did not come.</summary>
    public IReadOnlyList<OtlpSpan> Ancestry(OtlpSpan span)
    {
        var way = new List<OtlpSpan> { span };
        while (Spans.FirstOrDefault(other => other.SpanId == way[^1].ParentId && other.TraceId == span.TraceId) is { } parent)
        {
            way.Add(parent);
        }

        return way;
    }
}
