using System.Text.Json;

namespace TaskPipeline.Api.Tasks;

/// <summary>Collects what is wrong with the members of a body. Bounded: a hostile body must not make a large answer.</summary>
internal sealed class MemberErrors
{
    private const int MaxMembers = 50;
    private const int MaxReasons = 5;

    private readonly Dictionary<string, List<string>> _errors = new(StringComparer.Ordinal);

    public bool Any => _errors.Count > 0;

    public void Add(string member, string why)
    {
        if (_errors.TryGetValue(member, out var reasons))
        {
            if (reasons.Count < MaxReasons && !reasons.Contains(why))
            {
                reasons.Add(why);
            }
        }
        else if (_errors.Count < MaxMembers)
        {
            _errors.Add(member, [why]);
        }
    }

    /// <summary>The name of a member, cut to a length that an answer may carry; never a known name by being cut.</summary>
    public static string NameOf(JsonProperty member)
    {
        var name = JsonText.TryGetName(member) ?? "(not Unicode)";
        return name.Length <= 100 ? name : name[..100] + "…";
    }

    public IReadOnlyDictionary<string, string[]> ToDictionary() => _errors.ToDictionary(error => error.Key, error => error.Value.ToArray());
}
