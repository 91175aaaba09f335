using System.Net;
using System.Text;
using System.Text.Json;

namespace TaskPipeline.Chaos.Load;

/// <summary>A call of the API, which may be sent several times.</summary>
/// <param name="Method">The method.</param>
/// <param name="Path">The path.</param>
/// <param name="Promised">The answers that are promised, beside 503.</param>
internal sealed record Call(HttpMethod Method, string Path, params HttpStatusCode[] Promised)
{
    /// <summary>The JSON to send; null for none.</summary>
    public string? Body { get; init; }

    /// <summary>The idempotency key; null for none.</summary>
    public string? Key { get; init; }

    /// <summary>How long the answer may wait for the end of the task.</summary>
    public TimeSpan Wait { get; init; }

    public HttpRequestMessage ToRequest(Uri replica)
    {
        var request = new HttpRequestMessage(Method, new Uri(replica, Path))
        {
            Content = Body is null ? null : new StringContent(Body, Encoding.UTF8, "application/json"),
        };
        if (Key is not null)
        {
            request.Headers.Add("Idempotency-Key", Key);
        }

        if (Wait > TimeSpan.Zero)
        {
            request.Headers.Add("Prefer", $"wait={(int)Wait.TotalSeconds}");
        }

        return request;
    }

    public override string ToString() => $"{Method} {Path}";
}

/// <summary>An answer of the API.</summary>
internal sealed record Answer(HttpStatusCode Status, string Text)
{
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Text);
}
