using System.Globalization;
using System.Net;
using System.Text.Json;
using TaskPipeline.Chaos.Audit;

namespace TaskPipeline.Chaos.Load;

/// <summary>Follows one task by its events to its end, over cut streams and killed replicas, as a browser does: with the id of the last event.</summary>
internal sealed class EventFollower(ApiClient client, Findings findings, string taskId)
{
    /// <summary>Several of the comments that keep a stream open.</summary>
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(15);

    /// <summary>How many comments may come one after the other before the task is asked for itself.</summary>
    private const int CommentsBeforeAsking = 4;

    private long _last;
    private JsonElement? _end;
    private int _comments;
    private bool _isMissing;

    /// <summary>The task as its last event tells it; null when the streams keep its end back or break their promise, which is a finding.</summary>
    public async Task<JsonElement?> EndAsync(CancellationToken cancellationToken)
    {
        for (var n = 0; _end is null && !_isMissing; n++)
        {
            if (n == 1)
            {
                client.CountResumed();
            }

            using var response = await client.TryOpenAsync($"/tasks/{taskId}/events", _last > 0 ? _last.ToString(CultureInfo.InvariantCulture) : null, cancellationToken);
            if (response is not null)
            {
                await ReadAsync(response, cancellationToken);
            }
        }

        return _end;
    }

    private async Task ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
            silence.CancelAfter(s_silence);
            while (!_isMissing && await reader.ReadLineAsync(silence.Token) is { } line)
            {
                silence.CancelAfter(s_silence);
                await TakeAsync(line, cancellationToken);
            }
        }
        catch (Exception exception) when (ApiClient.IsCut(exception))
        {
            client.CountCut();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            findings.Add($"the events of {taskId} were silent for {s_silence.TotalSeconds:0} s");
        }
    }

    private async Task TakeAsync(string line, CancellationToken cancellationToken)
    {
        if (line.StartsWith("id: ", StringComparison.Ordinal))
        {
            var id = long.Parse(line[4..], CultureInfo.InvariantCulture);
            if (id <= _last || _end is not null)
            {
                findings.Add($"the events of {taskId} went from {_last} to {id}{(_end is null ? "" : " after the end")}");
            }

            (_last, _comments) = (id, 0);
        }
        else if (line.StartsWith("data: ", StringComparison.Ordinal))
        {
            var task = JsonSerializer.Deserialize<JsonElement>(line[6..]);
            _end = TaskAudit.IsTerminal(task) ? task : _end;
        }
        else if (line.StartsWith(':') && ++_comments == CommentsBeforeAsking)
        {
            _comments = 0;
            await AskAsync(cancellationToken);
        }
    }

    /// <summary>What a stream must not keep back: the end of a task that has ended for a while.</summary>
    private async Task AskAsync(CancellationToken cancellationToken)
    {
        var answer = await client.SendAsync(new Call(HttpMethod.Get, $"/tasks/{taskId}", HttpStatusCode.OK), cancellationToken);
        if (answer?.Json is { } task && TaskAudit.IsTerminal(task) && task.GetProperty("finishedAt").GetDateTimeOffset() < TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(5))
        {
            findings.Add($"the events of {taskId} do not tell of its end: they are at version {_last}, it is at {task.GetProperty("version")}");
            (_isMissing, _end) = (true, null);
        }
    }
}
