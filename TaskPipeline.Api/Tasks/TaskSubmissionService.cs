using System.Diagnostics;
using Microsoft.Extensions.Options;
using TaskPipeline.Api.Diagnostics;
using TaskPipeline.Api.Lanes;
using TaskPipeline.Api.Publishing;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.ServiceDefaults;

namespace TaskPipeline.Api.Tasks;

/// <summary>Takes tasks in: writes the record, then publishes it. From the record on, the task is safe whatever happens.</summary>
internal sealed class TaskSubmissionService(
    ITaskStore store, TaskDispatcher dispatcher, LaneChooser lanes, TimeProvider time, ApiMetrics metrics, IOptions<TaskOptions> tasks, IOptions<LifecycleOptions> lifecycle)
{
    private readonly TaskOptions _tasks = tasks.Value;
    private readonly LifecycleOptions _lifecycle = lifecycle.Value;

    /// <summary>Submits what a client asked for; <paramref name="replyTo"/> is where the end is to be told, see <see cref="TaskRecord.ReplyTo"/>.</summary>
    public async Task<SubmitResult> SubmitAsync(
        SubmitRequest request, AlgorithmDescription algorithm, string client, IdempotencyKey? key, string? replyTo, CancellationToken cancellationToken)
    {
        var choice = await lanes.ChooseAsync(request.Priority, algorithm, request.Input, client, request.MaxWaitSeconds, cancellationToken);
        return await SubmitAsync(now => ToSubmission(request, algorithm, now), request.Input, choice, key, replyTo, cancellationToken);
    }

    /// <inheritdoc cref="ITaskStore.FindAsync"/>
    public Task<SubmitResult?> FindAsync(IdempotencyKey key, CancellationToken cancellationToken) => store.FindAsync(key, cancellationToken);

    /// <summary>Submits a task that ended once more, as a new one.</summary>
    public async Task<SubmitResult> RetryAsync(
        StoredTask ended, AlgorithmDescription? algorithm, string client, IdempotencyKey? key, string? replyTo, CancellationToken cancellationToken)
    {
        var submission = ended.Record.Submission;
        var choice = await lanes.ChooseAsync(
            submission.Priority, algorithm ?? Nameless(submission.Algorithm), ended.Input, client, maxWaitSeconds: null, cancellationToken);
        return await SubmitAsync(now => Again(ended.Record, now), ended.Input, choice, key, replyTo, cancellationToken);
    }

    private async Task<SubmitResult> SubmitAsync(
        Func<DateTimeOffset, TaskSubmission> submission, ReadOnlyMemory<byte> input, LaneChoice choice, IdempotencyKey? key, string? replyTo, CancellationToken cancellationToken)
    {
        var task = new NewTask(submission, input, choice.Lane, Activity.Current?.Id, key)
        {
            Place = choice.Place,
            RunClass = choice.RunClass,
            ExpectedWaitSeconds = choice.ExpectedWaitSeconds,
            ReplyTo = replyTo,
        };
        var result = await store.SubmitAsync(task, cancellationToken);
        if (result is SubmitResult.Created { Record: var record } created)
        {
            CrashPoint.Reach(CrashPoints.SubmitStored);
            metrics.Submitted(record.Submission.Algorithm, record.Lane);
            lanes.Queued(record.Lane);
            if (created.Publish)
            {
                await PublishAsync(record, input);
            }
        }

        return result;
    }

    /// <summary>Stands in for an algorithm that nobody has announced any more: nothing is known of it but its name.</summary>
    private static AlgorithmDescription Nameless(string name) => new() { Name = name, Version = "", Description = "" };

    /// <summary>Waits for the confirm, but not for long: the record's timer publishes again what stays unconfirmed.</summary>
    private async Task PublishAsync(TaskRecord record, ReadOnlyMemory<byte> input)
    {
        // Not the client's token: an accepted task is published even when its client has gone away.
        using var limit = new CancellationTokenSource(_tasks.ConfirmWait, time);
        await dispatcher.DispatchNewAsync(record, input, limit.Token);
    }

    private TaskSubmission ToSubmission(SubmitRequest request, AlgorithmDescription algorithm, DateTimeOffset now)
    {
        var notBefore = request.NotBefore > now ? request.NotBefore : null;
        return new TaskSubmission
        {
            Algorithm = request.Algorithm,
            Priority = request.Priority,
            TimeoutSeconds = request.TimeoutSeconds ?? algorithm.DefaultTimeoutSeconds ?? _tasks.DefaultTimeoutSeconds,
            NoProgressTimeoutSeconds = request.NoProgressTimeoutSeconds,
            NotBefore = request.NotBefore,
            StartBefore = request.StartBefore ?? DefaultDeadline(notBefore, now),
            MaxAttempts = request.MaxAttempts ?? _tasks.DefaultMaxAttempts,
            Labels = request.Labels is { Count: > 0 } labels ? labels : null,
        };
    }

    private TaskSubmission Again(TaskRecord ended, DateTimeOffset now)
    {
        var notBefore = ended.Submission.NotBefore > now ? ended.Submission.NotBefore : null;
        return ended.Submission with
        {
            NotBefore = notBefore,
            StartBefore = ended.Submission.StartBefore > now ? ended.Submission.StartBefore : DefaultDeadline(notBefore, now),
            RetryOf = ended.Id,
        };
    }

    /// <summary>Counted from the creation; from <c>notBefore</c> when that lies beyond.</summary>
    private DateTimeOffset DefaultDeadline(DateTimeOffset? notBefore, DateTimeOffset now)
    {
        var deadline = now + _lifecycle.StartDeadline;
        return notBefore >= deadline ? notBefore.Value + _lifecycle.StartDeadline : deadline;
    }
}
