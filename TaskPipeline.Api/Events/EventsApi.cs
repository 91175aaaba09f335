using System.Globalization;
using TaskPipeline.Api.OpenApi;
using TaskPipeline.Api.Problems;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Events;

/// <summary>The route of a task's events.</summary>
internal static class EventsApi
{
    public static IEndpointRouteBuilder MapTaskEvents(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/tasks/{id}/events", StreamAsync)
            .WithTags("Tasks").WithName("StreamTaskEvents").WithSummary("Follows a task until it has ended")
            .WithDescription(
                "Server-sent events: the whole task at once, then at every change. The id of an event is the version of the task; "
                + "changes may be told together. While it is pending, events of the type `queue`, without an id, carry the task when it has moved in its line. "
                + "A comment every 15 seconds keeps the stream open. The stream ends with the event of the terminal state; "
                + "a client that has seen that one (Last-Event-ID) is answered 204 and need not come back.")
            .Produces<string>(200, "text/event-stream").Produces(204).ProducesProblems(404, 503);
        return routes;
    }

    private static async Task<IResult> StreamAsync(
        string id, HttpContext context, ITaskFeeds feeds, EventStreamWriter writer, CancellationToken cancellationToken)
    {
        if (!TaskId.TryParse(id, out var taskId))
        {
            return new Problem(ProblemType.TaskNotFound);
        }

        await using var reader = await feeds.OpenAsync(taskId, FeedInterest.States, cancellationToken);
        if (reader is null)
        {
            return new Problem(ProblemType.TaskNotFound);
        }

        var seen = LastSeen(context.Request);
        if (reader.Current.Task.Record.IsTerminal && reader.Current.Version == seen)
        {
            // The answer that keeps a browser's EventSource from connecting again.
            return TypedResults.NoContent();
        }

        await writer.WriteAsync(context, reader, seen);
        return Results.Empty;
    }

    /// <summary>The version that the client has seen; what is no version is none.</summary>
    private static long LastSeen(HttpRequest request) =>
        long.TryParse(request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;
}
