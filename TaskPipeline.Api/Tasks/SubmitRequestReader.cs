using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using TaskPipeline.Api.Problems;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Tasks;

/// <summary>
/// Reads the body of a submission and names every member at fault, not only the first. Pure.
/// A sample: <c>{"algorithm": "primes", "input": {"limit": 100}, "timeoutSeconds": 5}</c>.
/// </summary>
internal static class SubmitRequestReader
{
    public const int MaxInputBytes = 256 * 1024;
    public const int MaxDepth = 32;
    public const double MaxTimeoutSeconds = 86_400;

    /// <summary>No task may wait longer than this for its time: everything ends.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromDays(366);

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    /// <summary>Returns the request, or the problem with it.</summary>
    public static (SubmitRequest? Request, Problem? Problem) Read(ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        if (!Utf8.IsValid(body.Span))
        {
            return (null, new Problem(ProblemType.MalformedJson, "The body is not valid UTF-8"));
        }

        var (parsed, problem) = Parse(body);
        using var document = parsed;
        return document is null ? (null, problem)
            : document.RootElement.ValueKind == JsonValueKind.Object ? new Members(now).Read(document.RootElement)
            : (null, new Problem(ProblemType.Validation, "The body must be an object"));
    }

    private static (JsonDocument? Document, Problem? Problem) Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return (JsonDocument.Parse(body, s_options), null);
        }
        catch (JsonException exception)
        {
            return (null, new Problem(ProblemType.MalformedJson, exception.Message));
        }
        catch (InvalidOperationException)
        {
            // What the search for duplicate names says to a name with half of a surrogate pair.
            return (null, new Problem(ProblemType.MalformedJson, "A name is not Unicode"));
        }
    }

    private sealed class Members(DateTimeOffset now)
    {
        private readonly MemberErrors _errors = new();

        public (SubmitRequest?, Problem?) Read(JsonElement root)
        {
            var request = new SubmitRequest { Algorithm = "", Input = "{}"u8.ToArray() };
            if (!root.TryGetProperty("algorithm", out _))
            {
                _errors.Add("algorithm", "is required");
            }

            foreach (var member in root.EnumerateObject())
            {
                request = Read(request, member);
            }

            if (request.StartBefore <= request.NotBefore)
            {
                _errors.Add("startBefore", "must be later than notBefore");
            }

            return _errors.Any ? (null, new Problem(ProblemType.Validation, Errors: _errors.ToDictionary())) : (request, null);
        }

        private SubmitRequest Read(SubmitRequest request, JsonProperty member)
        {
            var value = member.Value;
            var name = MemberErrors.NameOf(member);
            switch (name)
            {
                case "algorithm":
                    return request with { Algorithm = JsonText.Read(value, 1, 100, name, _errors) ?? "" };
                case "input":
                    return request with { Input = Input(value) };
                case "priority":
                    return request with { Priority = Priority(value) };
                case "timeoutSeconds":
                    return request with { TimeoutSeconds = Seconds(value, name) };
                case "noProgressTimeoutSeconds":
                    return value.ValueKind == JsonValueKind.Null ? request : request with { NoProgressTimeoutSeconds = Seconds(value, name) };
                case "notBefore":
                    return value.ValueKind == JsonValueKind.Null ? request : request with { NotBefore = Time(value, name, mustBeAhead: false) };
                case "startBefore":
                    return value.ValueKind == JsonValueKind.Null ? request : request with { StartBefore = Time(value, name, mustBeAhead: true) };
                case "maxWaitSeconds":
                    return value.ValueKind == JsonValueKind.Null ? request : request with { MaxWaitSeconds = Seconds(value, name) };
                case "maxAttempts":
                    return request with { MaxAttempts = Attempts(value) };
                case "labels":
                    return value.ValueKind == JsonValueKind.Null ? request : request with { Labels = LabelReader.Read(value, _errors) };
                default:
                    _errors.Add(name, "is not a member of a submission");
                    return request;
            }
        }

        private ReadOnlyMemory<byte> Input(JsonElement value)
        {
            if (value.ValueKind != JsonValueKind.Object)
            {
                _errors.Add("input", "must be an object");
                return default;
            }

            var bytes = JsonMarshal.GetRawUtf8Value(value);
            if (bytes.Length > MaxInputBytes)
            {
                _errors.Add("input", $"must not be larger than {MaxInputBytes} bytes");
                return default;
            }

            if (!JsonText.IsUnicode(value))
            {
                _errors.Add("input", "must not contain half of a surrogate pair");
                return default;
            }

            return bytes.ToArray();
        }

        private TaskPriority Priority(JsonElement value)
        {
            switch (value.ValueKind == JsonValueKind.String ? JsonText.TryGet(value) : null)
            {
                case "normal":
                    return TaskPriority.Normal;
                case "urgent":
                    return TaskPriority.Urgent;
                case "background":
                    return TaskPriority.Background;
                default:
                    _errors.Add("priority", "must be \"urgent\", \"normal\" or \"background\"");
                    return TaskPriority.Normal;
            }
        }

        private double? Seconds(JsonElement value, string name)
        {
            if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && seconds is > 0 and <= MaxTimeoutSeconds)
            {
                return seconds;
            }

            _errors.Add(name, $"must be a number over 0 and at most {MaxTimeoutSeconds:0}");
            return null;
        }

        private int? Attempts(JsonElement value)
        {
            if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var attempts) && attempts is >= 1 and <= 20)
            {
                return attempts;
            }

            _errors.Add("maxAttempts", "must be a whole number from 1 to 20");
            return null;
        }

        private DateTimeOffset? Time(JsonElement value, string name, bool mustBeAhead)
        {
            var text = value.ValueKind == JsonValueKind.String ? JsonText.TryGet(value) : null;
            if (text is null || !Rfc3339.TryParse(text, out var time))
            {
                _errors.Add(name, "must be an RFC 3339 time with an offset, such as \"2026-01-31T12:00:00Z\"");
            }
            else if (time - now > MaxAhead)
            {
                _errors.Add(name, $"must not lie more than {MaxAhead.Days} days ahead");
            }
            else if (mustBeAhead && time <= now)
            {
                _errors.Add(name, "must lie in the future");
            }
            else
            {
                return time;
            }

            return null;
        }
    }
}
