using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Integration.Tests.Consuming;

/// <summary>
/// Stands where the API's callback does and answers what a test says; by default what an API answers that knows and grants
/// everything. Remembers every report in the order of arrival. Thread safe.
/// </summary>
internal sealed class ScriptedApi : IAsyncDisposable
{
    /// <summary>What workers and endpoint share.</summary>
    public const string Secret = "0123456789abcdef0123456789abcdef";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();

    /// <summary>Guarded by <see cref="_lock"/>.</summary>
    private readonly List<WorkerReport> _reports = [];

    /// <summary>Guarded by <see cref="_lock"/>: completed and replaced with each report.</summary>
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<TaskId, Func<TaskReport, Task<ReportVerdict?>>> _scripts = new();
    private readonly ConcurrentDictionary<TaskId, AttemptVerdict> _beats = new();
    private readonly WebApplication _app;

    private ScriptedApi(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    /// <summary>What to answer to a heartbeat; null for the default answer.</summary>
    public Func<HeartbeatReport, ReportVerdict?> Beat { get; set; } = _ => null;

    /// <summary>A status with which to refuse a whole request; null to read it.</summary>
    public Func<string, int?> Refuse { get; set; } = _ => null;

    public static async Task<ScriptedApi> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var api = new ScriptedApi(app);
        app.MapPost(CallbackProtocol.Path, api.ReceiveAsync);
        await app.StartAsync();
        return api;
    }

    /// <summary>Says how the reports about a task are answered: null for the default answer. May wait, and may throw <see cref="AnswerLostException"/>.</summary>
    public void Script(TaskId id, Func<TaskReport, Task<ReportVerdict?>> answer) => _scripts[id] = answer;

    /// <summary>Says how the reports about a task are answered: null for the default answer.</summary>
    public void Script(TaskId id, Func<TaskReport, ReportVerdict?> answer) => Script(id, report => Task.FromResult(answer(report)));

    /// <summary>Says what heartbeats are told of an attempt of the task.</summary>
    public void ScriptBeat(TaskId id, VerdictKind kind, bool cancel = false) => _beats[id] = new AttemptVerdict(kind, cancel);

    public IReadOnlyList<T> Received<T>(Func<T, bool>? which = null)
        where T : WorkerReport
    {
        lock (_lock)
        {
            return [.. _reports.OfType<T>().Where(which ?? (_ => true))];
        }
    }

    /// <summary>Waits until so many matching reports have arrived.</summary>
    public async Task<IReadOnlyList<T>> ExpectAsync<T>(Func<T, bool> which, int count = 1)
        where T : WorkerReport
    {
        await UntilAsync(() => Received(which).Count >= count, $"{count} expected {typeof(T).Name} did not come");
        return Received(which);
    }

    public async Task<T> ExpectOneAsync<T>(Func<T, bool> which)
        where T : WorkerReport =>
        (await ExpectAsync(which))[0];

    public Task<FinishedReport> ExpectFinishedAsync(TaskId id) => ExpectOneAsync<FinishedReport>(report => report.TaskId == id);

    public Task ExpectClaimAsync(TaskId id, int count = 1) => ExpectAsync<StartedReport>(report => report.TaskId == id, count);

    /// <summary>Waits until a heartbeat lists the task, which its worker then holds.</summary>
    public Task ExpectHeldAsync(TaskId id, int attempt = 1) =>
        ExpectOneAsync<HeartbeatReport>(report => report.Running.Any(running => running.TaskId == id && running.Attempt == attempt));

    /// <summary>Waits until the newest heartbeat does not list the task.</summary>
    public Task ExpectGoneAsync(TaskId id)
    {
        var before = Received<HeartbeatReport>().Count;
        return UntilAsync(
            () => Received<HeartbeatReport>() is var beats && beats.Count > before && beats[^1].Running.All(running => running.TaskId != id),
            $"heartbeats still list {id}");
    }

    /// <summary>Waits until the newest heartbeat lists no task: all of them have been acknowledged.</summary>
    public Task ExpectIdleAsync()
    {
        var before = Received<HeartbeatReport>().Count;
        return UntilAsync(() => Received<HeartbeatReport>() is var beats && beats.Count > before + 1 && beats[^1].Running.Count == 0, "the worker still holds tasks");
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    /// <summary>Looks at the condition after each report.</summary>
    private async Task UntilAsync(Func<bool> condition, string otherwise)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (true)
        {
            Task arrived;
            lock (_lock)
            {
                arrived = _arrived.Task;
            }

            if (condition())
            {
                return;
            }

            try
            {
                await arrived.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                var all = string.Join(Environment.NewLine, Received<WorkerReport>(report => report is not HeartbeatReport));
                throw new TimeoutException($"{otherwise}; these did:{Environment.NewLine}{all}");
            }
        }
    }

    private async Task<ReportVerdict> AnswerAsync(WorkerReport report)
    {
        var scripted = report switch
        {
            TaskReport task when _scripts.TryGetValue(task.TaskId, out var script) => await script(task),
            HeartbeatReport beat => Beat(beat) ?? new ReportVerdict
            {
                Kind = VerdictKind.Stored,
                Attempts = [.. beat.Running.Select(running => _beats.GetValueOrDefault(running.TaskId, new AttemptVerdict(VerdictKind.Stored, Cancel: false)))],
            },
            _ => null,
        };
        return scripted ?? (report is StartedReport ? Verdicts.Granted() : Verdicts.Of(VerdictKind.Stored));
    }

    private async Task ReceiveAsync(HttpContext context)
    {
        Assert.Equal($"Bearer {Secret}", context.Request.Headers.Authorization);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var text = System.Text.Encoding.UTF8.GetString(body.ToArray());
        var reports = JsonSerializer.Deserialize(text, ContractsJsonContext.Default.WorkerReportArray)!;
        lock (_lock)
        {
            _reports.AddRange(reports);
            _arrived.SetResult();
            _arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (Refuse(text) is { } status)
        {
            context.Response.StatusCode = status;
            return;
        }

        try
        {
            var verdicts = new List<ReportVerdict>();
            foreach (var report in reports)
            {
                verdicts.Add(await AnswerAsync(report));
            }

            await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes([.. verdicts], ContractsJsonContext.Default.ReportVerdictArray));
        }
        catch (AnswerLostException)
        {
            context.Abort();
        }
    }
}

/// <summary>Thrown by a script: the report was received, its answer never arrives.</summary>
internal sealed class AnswerLostException : Exception;

/// <summary>Verdicts that scripts give.</summary>
internal static class Verdicts
{
    public static ReportVerdict Of(VerdictKind kind) => new() { Kind = kind };

    public static ReportVerdict Granted(int attempt = 1) => new() { Kind = VerdictKind.Granted, Attempt = attempt, LeaseSeconds = 10 };
}
