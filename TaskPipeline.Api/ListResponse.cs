namespace TaskPipeline.Api;

/// <summary>A page of a list.</summary>
/// <param name="Items">What is on it.</param>
/// <param name="NextCursor">The <c>cursor</c> of the next page; null on the last.</param>
internal sealed record ListResponse<T>(IReadOnlyList<T> Items, string? NextCursor);
