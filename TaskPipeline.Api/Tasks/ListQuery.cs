using System.Globalization;
using TaskPipeline.Api.Problems;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Tasks;

/// <summary>The query of a list of tasks.</summary>
/// <param name="Filter">Which tasks.</param>
/// <param name="Before">Older than this one; null for the first page.</param>
/// <param name="Limit">How many.</param>
internal sealed record ListQuery(TaskFilter Filter, TaskId? Before, int Limit)
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 100;

    private static readonly Dictionary<string, TaskState> s_states = new(StringComparer.Ordinal)
    {
        ["pending"] = TaskState.Pending,
        ["processing"] = TaskState.Processing,
        ["completed"] = TaskState.Completed,
        ["failed"] = TaskState.Failed,
        ["cancelled"] = TaskState.Cancelled,
        ["timed_out"] = TaskState.TimedOut,
    };

    /// <summary>Reads the query, or says everything that is wrong with it.</summary>
    public static (ListQuery? Query, Problem? Problem) Read(IQueryCollection query)
    {
        var errors = new Dictionary<string, string[]>();
        var result = new ListQuery(new TaskFilter(State: null, Algorithm: null), Before: null, DefaultLimit);
        foreach (var (name, values) in query)
        {
            var value = values.Count == 1 ? values[0] ?? "" : null;
            switch (name)
            {
                case "status" or "algorithm" or "limit" or "cursor" when value is null:
                    errors[name] = ["may stand only once"];
                    break;
                case "status" when s_states.TryGetValue(value!, out var state):
                    result = result with { Filter = result.Filter with { State = state } };
                    break;
                case "status":
                    errors[name] = [$"must be one of {string.Join(", ", s_states.Keys)}"];
                    break;
                case "algorithm" when value is { Length: >= 1 and <= 100 } && !value.Any(char.IsControl):
                    result = result with { Filter = result.Filter with { Algorithm = value } };
                    break;
                case "algorithm":
                    errors[name] = ["must have 1 to 100 characters and no control character"];
                    break;
                case "limit" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= MaxLimit:
                    result = result with { Limit = limit };
                    break;
                case "limit":
                    errors[name] = [$"must be a whole number from 1 to {MaxLimit}"];
                    break;
                case "cursor" when TaskId.TryParse(value, out var before):
                    result = result with { Before = before };
                    break;
                case "cursor":
                    errors[name] = ["must be the nextCursor of a page"];
                    break;
                default:
                    errors[name.Length <= 100 ? name : name[..100]] = ["is not a parameter of this list"];
                    break;
            }
        }

        return errors.Count > 0 ? (null, new Problem(ProblemType.Validation, Errors: errors)) : (result, null);
    }
}
