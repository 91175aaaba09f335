namespace TaskPipeline.Api.Problems;

/// <summary>One kind of error answer (RFC 9457). docs/problems.md lists them all; a test compares.</summary>
/// <param name="Slug">The end of the <c>type</c> URN.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">The title.</param>
public sealed record ProblemType(string Slug, int Status, string Title)
{
    public static readonly ProblemType BadRequest = new("bad-request", 400, "The request cannot be understood");
    public static readonly ProblemType MalformedJson = new("malformed-json", 400, "The body is not valid JSON");
    public static readonly ProblemType Validation = new("validation", 400, "The request is not valid");
    public static readonly ProblemType Unauthorized = new("unauthorized", 401, "Only workers may call this");
    public static readonly ProblemType NotFound = new("not-found", 404, "There is nothing here");
    public static readonly ProblemType TaskNotFound = new("task-not-found", 404, "There is no such task");
    public static readonly ProblemType MethodNotAllowed = new("method-not-allowed", 405, "The method is not allowed here");
    public static readonly ProblemType TaskEnded = new("task-ended", 409, "The task has already ended");
    public static readonly ProblemType TaskNotEnded = new("task-not-ended", 409, "The task has not ended yet");
    public static readonly ProblemType BodyTooLarge = new("body-too-large", 413, "The body is too large");
    public static readonly ProblemType UnsupportedMediaType = new("unsupported-media-type", 415, "The content type must be application/json");
    public static readonly ProblemType IdempotencyKeyReused = new("idempotency-key-reused", 422, "The idempotency key was used with another body");
    public static readonly ProblemType TooManyRequests = new("too-many-requests", 429, "There are too many requests");
    public static readonly ProblemType Internal = new("internal", 500, "The service failed");
    public static readonly ProblemType Unavailable = new("unavailable", 503, "The service is unavailable for the moment");
    public static readonly ProblemType BacklogFull = new("backlog-full", 503, "No more tasks can be kept for the moment");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ProblemType> All { get; } =
    [
        BadRequest, MalformedJson, Validation, Unauthorized, NotFound, TaskNotFound, MethodNotAllowed, TaskEnded, TaskNotEnded, BodyTooLarge,
        UnsupportedMediaType, IdempotencyKeyReused, TooManyRequests, Internal, Unavailable, BacklogFull,
    ];

    /// <summary>The <c>type</c> member.</summary>
    public string Urn => $"urn:taskpipeline:problem:{Slug}";

    /// <summary>The kind for a status that the framework answers by itself.</summary>
    public static ProblemType ForStatus(int status) => status switch
    {
        401 => Unauthorized,
        404 => NotFound,
        405 => MethodNotAllowed,
        413 => BodyTooLarge,
        415 => UnsupportedMediaType,
        429 => TooManyRequests,
        503 => Unavailable,
        >= 500 => Internal,
        _ => BadRequest,
    };
}
