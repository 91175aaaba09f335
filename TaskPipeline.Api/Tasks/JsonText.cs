using System.Text.Json;

namespace TaskPipeline.Api.Tasks;

/// <summary>Strings of a JSON document, which may be escaped halves of surrogate pairs and then are no text.</summary>
internal static class JsonText
{
    /// <summary>The string; null when it is not Unicode.</summary>
    public static string? TryGet(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // The only way that JsonElement has to say it.
            return null;
        }
    }

    /// <summary>The name of a member; null when it is not Unicode.</summary>
    public static string? TryGetName(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            // The only way that JsonProperty has to say it.
            return null;
        }
    }

    /// <summary>Whether every string within, names included, is Unicode. The depth of a document is bounded, and so is the recursion.</summary>
    public static bool IsUnicode(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().All(member => TryGetName(member) is not null && IsUnicode(member.Value)),
        JsonValueKind.Array => value.EnumerateArray().All(IsUnicode),
        JsonValueKind.String => TryGet(value) is not null,
        _ => true,
    };

    /// <summary>A string of a length without control characters; null, with an error noted, when it is not.</summary>
    public static string? Read(JsonElement value, int min, int max, string member, MemberErrors errors)
    {
        var text = value.ValueKind == JsonValueKind.String ? TryGet(value) : null;
        if (text is null)
        {
            errors.Add(member, "must be a string");
        }
        else if (text.Length < min || text.Length > max)
        {
            errors.Add(member, $"must have {min} to {max} characters");
        }
        else if (text.Any(char.IsControl))
        {
            errors.Add(member, "must not contain control characters");
        }
        else
        {
            return text;
        }

        return null;
    }
}
