using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using TaskPipeline.Integration.Tests.Http;

namespace TaskPipeline.Integration.Tests.Events;

/// <summary>Reads a stream of events as a browser does.</summary>
internal static class EventReader
{
    /// <summary>An event, or a comment with the id 0 and no data. One that carries no id of its own has the id 0 too.</summary>
    public sealed record Event(long Id, string Data, string Type = "message")
    {
        public JsonElement Task => JsonSerializer.Deserialize<JsonElement>(Data);

        public string? Status => Task.GetProperty("status").GetString();
    }

    public static async Task<HttpResponseMessage> OpenAsync(HttpClient http, string id, long? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, HttpAssert.Path($"/tasks/{id}/events"));
        if (lastEventId is { } last)
        {
            request.Headers.Add("Last-Event-ID", last.ToString(CultureInfo.InvariantCulture));
        }

        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (response.StatusCode == HttpStatusCode.OK)
        {
            Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
            Assert.True(response.Headers.CacheControl?.NoCache);
        }

        return response;
    }

    /// <summary>What comes until the stream ends, comments included.</summary>
    public static async IAsyncEnumerable<Event> ReadAsync(HttpResponseMessage response, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        var id = 0L;
        var type = "message";
        string? data = null;
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                id = long.Parse(line[4..], CultureInfo.InvariantCulture);
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                Assert.Null(data);
                data = line[6..];
            }
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                type = line[7..];
            }
            else if (line.StartsWith(':'))
            {
                yield return new Event(0, "");
            }
            else
            {
                Assert.Equal("", line);
                if (data is not null)
                {
                    yield return new Event(id, data, type);
                }

                (id, type, data) = (0, "message", null);
            }
        }
    }

    /// <summary>All events until the stream ends.</summary>
    public static async Task<List<Event>> AllAsync(HttpResponseMessage response)
    {
        var events = new List<Event>();
        await foreach (var one in ReadAsync(response))
        {
            if (one.Id > 0)
            {
                events.Add(one);
            }
        }

        return events;
    }
}
