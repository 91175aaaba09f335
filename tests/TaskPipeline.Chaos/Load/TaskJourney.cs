using System.Globalization;
using System.Net;
using System.Text.Json;
using TaskPipeline.Chaos.Audit;

namespace TaskPipeline.Chaos.Load;

/// <summary>One task from its submission to its end, as its client lives it. What it says is written by its own flow and read when that is over.</summary>
internal sealed class TaskJourney(TaskPlan plan, ApiClient client, Findings findings)
{
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(10);

    private string _key = "";

    public TaskPlan Plan => plan;

    /// <summary>Null until it is accepted.</summary>
    public string? Id { get; private set; }

    /// <summary>What its client was promised so far.</summary>
    public TaskPromises Promises { get; private set; } = new();

    /// <summary>The task when it was first seen to have ended; null before.</summary>
    public JsonElement? End { get; private set; }

    /// <summary>When that was; null before.</summary>
    public DateTimeOffset? EndSeenAt { get; private set; }

    /// <summary>When it was accepted; null before.</summary>
    public DateTimeOffset? AcceptedAt { get; private set; }

    /// <summary>Nothing more will happen: it has ended, or its client was told that it will never be accepted.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Lives it; returns early only when cancelled.</summary>
    /// <param name="key">Unlike every other of the run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task RunAsync(string key, CancellationToken cancellationToken)
    {
        _key = key;
        try
        {
            Id = await SubmitAsync(cancellationToken);
            AcceptedAt = TimeProvider.System.GetUtcNow();
            if (Id is not null)
            {
                await Task.WhenAll(CancelAsync(cancellationToken), plan.ByEvents ? FollowAsync(cancellationToken) : AskAsync(cancellationToken));
            }

            IsOver = true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The audit tells of tasks that are not over.
        }
    }

    private async Task<string?> SubmitAsync(CancellationToken cancellationToken)
    {
        var now = TimeProvider.System.GetUtcNow();
        Promises = new TaskPromises { NotBefore = now + plan.NotBefore, StartBefore = now + plan.StartBefore };
        var members = new Dictionary<string, object>(plan.Members) { ["algorithm"] = plan.Algorithm };
        AddTime(members, "notBefore", Promises.NotBefore);
        AddTime(members, "startBefore", Promises.StartBefore);

        // A deadline that passes before the task could be submitted is refused for good.
        HttpStatusCode[] promised = Promises.StartBefore is null ? [HttpStatusCode.Accepted] : [HttpStatusCode.Accepted, HttpStatusCode.BadRequest];
        var call = new Call(HttpMethod.Post, "/tasks", promised) { Body = JsonSerializer.Serialize(members), Key = _key };
        var ids = await Task.WhenAll(Enumerable.Range(0, plan.Twice ? 2 : 1).Select(_ => SubmitOnceAsync(call, cancellationToken)));
        if (ids.Distinct().Count() > 1)
        {
            findings.Add($"one idempotency key made several tasks: {string.Join(", ", ids)}");
        }

        return ids[0];
    }

    private async Task<string?> SubmitOnceAsync(Call call, CancellationToken cancellationToken)
    {
        var answer = await client.SendAsync(call, cancellationToken);
        if (answer is { Status: HttpStatusCode.BadRequest } && TimeProvider.System.GetUtcNow() < Promises.StartBefore)
        {
            findings.Add($"{call} was refused before its deadline: {answer.Text}");
        }

        return answer is { Status: HttpStatusCode.Accepted } ? answer.Json.GetProperty("id").GetString() : null;
    }

    private async Task CancelAsync(CancellationToken cancellationToken)
    {
        if (plan.CancelAfter is not { } after)
        {
            return;
        }

        await Task.Delay(after, TimeProvider.System, cancellationToken);
        var answer = await client.SendAsync(new Call(HttpMethod.Delete, $"/tasks/{Id}", HttpStatusCode.OK, HttpStatusCode.Conflict), cancellationToken);
        Promises = Promises with { Cancelled = answer is null ? null : answer.Status == HttpStatusCode.OK };
    }

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        while (End is null)
        {
            // Not an accepted one is known: anything but the task is a finding, and asking again would only repeat it.
            if (await client.SendAsync(new Call(HttpMethod.Get, $"/tasks/{Id}", HttpStatusCode.OK) { Wait = s_wait }, cancellationToken) is not { } answer)
            {
                return;
            }

            Saw(answer.Json);
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var follower = new EventFollower(client, findings, Id!);
        if (await follower.EndAsync(cancellationToken) is { } end)
        {
            Saw(end);
        }
    }

    private void Saw(JsonElement task)
    {
        if (TaskAudit.IsTerminal(task))
        {
            End = task;
            EndSeenAt = TimeProvider.System.GetUtcNow();
        }
    }

    private static void AddTime(Dictionary<string, object> members, string name, DateTimeOffset? time)
    {
        if (time is { } at)
        {
            members[name] = at.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);
        }
    }
}
