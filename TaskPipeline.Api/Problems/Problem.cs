using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace TaskPipeline.Api.Problems;

/// <summary>An error answer, as an HTTP result. Its shape is <c>application/problem+json</c>.</summary>
/// <param name="Type">The kind.</param>
/// <param name="Detail">What exactly is wrong; null when the title says it all.</param>
/// <param name="Errors">The members at fault with their reasons; null when none is.</param>
/// <param name="RetryAfterSeconds">When to try again; null when that does not help.</param>
public sealed record Problem(
    ProblemType Type, string? Detail = null, IReadOnlyDictionary<string, string[]>? Errors = null, int? RetryAfterSeconds = null) : IResult
{
    /// <summary>One member at fault.</summary>
    public static Problem Invalid(string member, string why) => new(ProblemType.Validation, Errors: new Dictionary<string, string[]> { [member] = [why] });

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        // What a handler has prepared for another answer does not belong to this one.
        httpContext.Response.Headers.Remove(HeaderNames.Location);
        httpContext.Response.Headers.Remove("Preference-Applied");
        if (RetryAfterSeconds is { } seconds)
        {
            httpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        var body = new ProblemBody(Type.Urn, Type.Title, httpContext.Response.StatusCode = StatusOf(httpContext), Detail, Errors);
        return httpContext.Response.WriteAsJsonAsync(
            body, ApiJsonContext.Default.ProblemBody, contentType: "application/problem+json", httpContext.RequestAborted);
    }

    /// <summary>A status that the framework chose (say 431) is kept; otherwise that of the kind.</summary>
    private int StatusOf(HttpContext httpContext) =>
        httpContext.Response.StatusCode >= 400 && ProblemType.ForStatus(httpContext.Response.StatusCode) == Type
            ? httpContext.Response.StatusCode
            : Type.Status;
}

/// <summary>The members of an error answer.</summary>
internal sealed record ProblemBody(string Type, string Title, int Status, string? Detail, IReadOnlyDictionary<string, string[]>? Errors);
