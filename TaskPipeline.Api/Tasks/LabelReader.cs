using System.Text.Json;

namespace TaskPipeline.Api.Tasks;

/// <summary>Reads labels: at most 32, keys of 1 to 63 characters, values of up to 256.</summary>
internal static class LabelReader
{
    private const int MaxLabels = 32;
    private const int MaxKey = 63;
    private const int MaxValue = 256;

    public static Dictionary<string, string>? Read(JsonElement value, MemberErrors errors)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            errors.Add("labels", "must be an object of strings");
            return null;
        }

        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var label in value.EnumerateObject())
        {
            var key = JsonText.TryGetName(label);
            if (key is null or "" || key.Length > MaxKey || key.Any(char.IsControl))
            {
                errors.Add("labels", $"a key must have 1 to {MaxKey} characters and no control character");
            }
            else if (JsonText.Read(label.Value, 0, MaxValue, $"labels.{key}", errors) is { } text)
            {
                labels[key] = text;
            }
        }

        if (labels.Count > MaxLabels)
        {
            errors.Add("labels", $"there must not be more than {MaxLabels}");
        }

        return labels;
    }
}
