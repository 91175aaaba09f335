using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using TaskPipeline.Api.Events;
using TaskPipeline.Api.Lanes;
using TaskPipeline.Api.OpenApi;
using TaskPipeline.Api.Problems;
using TaskPipeline.Api.Publishing;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.ServiceDefaults;

namespace TaskPipeline.Api.Tasks;

/// <summary>The routes of tasks: HTTP here, decisions elsewhere. The contract is docs/http-api.md.</summary>
internal static class TasksApi
{
    public static IEndpointRouteBuilder MapTasks(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/tasks").WithTags("Tasks");
        group.MapPost("/", SubmitAsync).WithName("SubmitTask").WithSummary("Submits a task")
            .Accepts<SubmitBody>("application/json").Produces<TaskResponse>(202).Produces<TaskResponse>(200).ProducesProblems(400, 413, 415, 422, 429, 503);
        group.MapGet("/", ListAsync).WithName("ListTasks").WithSummary("Lists tasks, newest first")
            .Produces<ListResponse<TaskSummary>>().ProducesProblems(400, 503);
        group.MapGet("/{id}", GetAsync).WithName("GetTask").WithSummary("Reads a task")
            .Produces<TaskResponse>().Produces(304).ProducesProblems(404, 503);
        group.MapDelete("/{id}", CancelAsync).WithName("CancelTask").WithSummary("Cancels a task")
            .Produces<TaskResponse>().ProducesProblems(404, 409, 503);
        group.MapPost("/{id}/retry", RetryAsync).WithName("RetryTask").WithSummary("Submits an ended task again, as a new one")
            .Produces<TaskResponse>(202).Produces<TaskResponse>(200).ProducesProblems(400, 404, 409, 422, 429, 503);
        return routes;
    }

    private static async Task<IResult> SubmitAsync(
        HttpContext context, TaskSubmissionService submissions, IWorkerRegistry workers, TaskWaiter waiter, QueueEstimator queue, LaneAdmission admission, RedisClock clock,
        CancellationToken cancellationToken)
    {
        if (!RequestBody.IsJson(context.Request))
        {
            return new Problem(ProblemType.UnsupportedMediaType);
        }

        if (await RequestBody.ReadAsync(context.Request, RequestBody.MaxPublicBytes, cancellationToken) is not { } body)
        {
            return new Problem(ProblemType.BodyTooLarge);
        }

        var (key, keyProblem) = RequestBody.ReadKey(context.Request, body);
        var (request, problem) = SubmitRequestReader.Read(body, clock.Now);
        var (client, clientProblem) = ClientIdentity.Read(context);
        if (keyProblem is not null || clientProblem is not null)
        {
            return keyProblem ?? clientProblem!;
        }

        var wait = WaitPreference.Read(context.Request);
        if (request is null)
        {
            // What was accepted once is answered as then, though a time in it has passed since: its client may not have had the answer.
            return key is not null && await submissions.FindAsync(key, cancellationToken) is SubmitResult.Existing accepted
                ? await AcceptedAsync(context, accepted.Id, created: null, wait, reply: null, waiter, queue, cancellationToken)
                : problem!;
        }

        if (await workers.FindAlgorithmAsync(request.Algorithm, cancellationToken) is not { } algorithm)
        {
            return Problem.Invalid("algorithm", "no worker has announced an algorithm of this name");
        }

        using var reply = waiter.Expect(wait);
        var result = await submissions.SubmitAsync(request, algorithm, client, key, reply?.Address, cancellationToken);
        return result is SubmitResult.Refused refused
            ? admission.Refuse(refused, request.MaxWaitSeconds)
            : await AnswerAsync(context, result, request.Input, wait, reply, waiter, queue, cancellationToken);
    }

    private static async Task<IResult> AnswerAsync(
        HttpContext context, SubmitResult result, ReadOnlyMemory<byte> input, TimeSpan? wait, ReplyChannel.Reply? reply, TaskWaiter waiter, QueueEstimator queue,
        CancellationToken cancellationToken) => result switch
        {
            SubmitResult.Created created => await AcceptedAsync(context, created.Record.Id, queue.Created(created, input), wait, reply, waiter, queue, cancellationToken),
            SubmitResult.Existing existing => await AcceptedAsync(context, existing.Id, created: null, wait, reply: null, waiter, queue, cancellationToken),
            SubmitResult.KeyReused => new Problem(ProblemType.IdempotencyKeyReused),
            SubmitResult.Full full => new Problem(ProblemType.BacklogFull, full.Reason, RetryAfterSeconds: 5),
            _ => throw new InvalidOperationException($"{result} is not a result of a submission"),
        };

    /// <summary>A task that was just written is accepted, also when the store is away before it can be read again.</summary>
    private static async Task<IResult> AcceptedAsync(
        HttpContext context, TaskId id, StoredTask? created, TimeSpan? wait, ReplyChannel.Reply? reply, TaskWaiter waiter, QueueEstimator queue, CancellationToken cancellationToken)
    {
        WaitPreference.Applied(context.Response, wait);
        var limit = wait ?? TimeSpan.Zero;
        var task = created;
        try
        {
            if (created is null || limit > TimeSpan.Zero)
            {
                var read = created is null ? await waiter.WaitAsync(id, limit, cancellationToken) : await waiter.WaitAsync(created, reply, limit, cancellationToken);
                task = read is null ? created : await queue.EstimateAsync(read, cancellationToken);
            }
        }
        catch (StoreUnavailableException) when (created is not null)
        {
            // The client must learn the id: it can ask later, but it must not have to submit again.
        }

        if (task is null)
        {
            return new Problem(ProblemType.TaskNotFound);
        }

        context.Response.Headers.Location = $"/tasks/{id}";
        if (wait is not null && task.Record.IsTerminal)
        {
            return TaskResult(context, task, 200);
        }

        context.Response.Headers.RetryAfter = "1";
        return TaskResult(context, task, 202);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext context, TaskWaiter waiter, QueueEstimator queue, CancellationToken cancellationToken)
    {
        if (!TaskId.TryParse(id, out var taskId))
        {
            return new Problem(ProblemType.TaskNotFound);
        }

        var wait = WaitPreference.Read(context.Request);
        WaitPreference.Applied(context.Response, wait);
        if (await waiter.WaitAsync(taskId, wait ?? TimeSpan.Zero, cancellationToken) is not { } task)
        {
            return new Problem(ProblemType.TaskNotFound);
        }

        if (Matches(context.Request.Headers.IfNoneMatch, ETag(task.Record)))
        {
            SetHeaders(context, task.Record);
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        }

        return TaskResult(context, await queue.EstimateAsync(task, cancellationToken), 200);
    }

    private static async Task<IResult> ListAsync(HttpContext context, ITaskStore store, QueueEstimator queue, CancellationToken cancellationToken)
    {
        var (query, problem) = ListQuery.Read(context.Request.Query);
        if (query is null)
        {
            return problem!;
        }

        var page = await store.ListAsync(query.Filter, query.Before, query.Limit, cancellationToken);
        var items = await queue.EstimateAsync(page.Items, cancellationToken);
        var response = new ListResponse<TaskSummary>([.. items.Select(task => new TaskSummary(task))], page.Next?.ToString());
        return TypedResults.Json(response, ApiJsonContext.Default.ListResponseTaskSummary);
    }

    private static async Task<IResult> CancelAsync(string id, HttpContext context, ITaskStore store, ITaskQueue queue, CancellationToken cancellationToken)
    {
        if (!TaskId.TryParse(id, out var taskId))
        {
            return new Problem(ProblemType.TaskNotFound);
        }

        var result = await store.ApplyAsync(taskId, new TaskTrigger.Cancel(), cancellationToken);
        switch (result)
        {
            case TransitionResult.Refused refused:
                return new Problem(ProblemType.TaskEnded, $"It is {JsonSerializer.SerializeToElement(refused.Record.State).GetString()}");
            case TransitionResult.Applied { Record.State: TaskState.Processing } or TransitionResult.Unchanged { Record.State: TaskState.Processing }:
                CrashPoint.Reach(CrashPoints.CancelStored);
                await queue.BroadcastCancelAsync(taskId, cancellationToken);
                break;
            default:
                break;
        }

        return await store.GetAsync(taskId, cancellationToken) is { } task ? TaskResult(context, task, 200) : new Problem(ProblemType.TaskNotFound);
    }

    private static async Task<IResult> RetryAsync(
        string id, HttpContext context, ITaskStore store, TaskSubmissionService submissions, IWorkerRegistry workers, TaskWaiter waiter, QueueEstimator queue,
        LaneAdmission admission, CancellationToken cancellationToken)
    {
        var (client, clientProblem) = ClientIdentity.Read(context);
        if (clientProblem is not null)
        {
            return clientProblem;
        }

        if (!TaskId.TryParse(id, out var taskId) || await store.GetAsync(taskId, cancellationToken) is not { } task)
        {
            return new Problem(ProblemType.TaskNotFound);
        }

        if (!task.Record.IsTerminal)
        {
            return new Problem(ProblemType.TaskNotEnded);
        }

        // The key stands for this call: what it repeats takes the place of a body.
        var (key, problem) = RequestBody.ReadKey(context.Request, Encoding.ASCII.GetBytes($"retry {taskId}"));
        if (problem is not null)
        {
            return problem;
        }

        var algorithm = await workers.FindAlgorithmAsync(task.Record.Submission.Algorithm, cancellationToken);
        var wait = WaitPreference.Read(context.Request);
        using var reply = waiter.Expect(wait);
        var result = await submissions.RetryAsync(task, algorithm, client, key, reply?.Address, cancellationToken);
        return result is SubmitResult.Refused refused
            ? admission.Refuse(refused, maxWaitSeconds: null)
            : await AnswerAsync(context, result, task.Input, wait, reply, waiter, queue, cancellationToken);
    }

    private static IResult TaskResult(HttpContext context, StoredTask task, int status)
    {
        SetHeaders(context, task.Record);
        return TypedResults.Json(new TaskResponse(task), ApiJsonContext.Default.TaskResponse, statusCode: status);
    }

    private static void SetHeaders(HttpContext context, TaskRecord record)
    {
        context.Response.Headers.ETag = ETag(record);
        if (!record.IsTerminal)
        {
            context.Response.Headers.RetryAfter = "1";
        }
    }

    private static bool Matches(StringValues ifNoneMatch, string tag) => ifNoneMatch.Count > 0
        && ifNoneMatch.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries)).Any(match => match == tag || match == "*" || "W/" + match == tag);

    private static string ETag(TaskRecord record) => string.Create(CultureInfo.InvariantCulture, $"W/\"{record.Version}\"");
}
