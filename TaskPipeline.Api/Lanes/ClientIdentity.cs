using TaskPipeline.Api.Problems;

namespace TaskPipeline.Api.Lanes;

/// <summary>Who asks: the header <c>X-Client-Id</c>, else the address. A name, not a proof; it decides about shares alone.</summary>
internal static class ClientIdentity
{
    public const string Header = "X-Client-Id";

    private const int MaxLength = 100;

    /// <summary>Reads it, or says what is wrong with it.</summary>
    public static (string Client, Problem? Problem) Read(HttpContext context)
    {
        if (!context.Request.Headers.TryGetValue(Header, out var values))
        {
            return ($"@{context.Connection.RemoteIpAddress}", null);
        }

        // A name never begins like an address, so that none can take another's place.
        return values is [{ Length: >= 1 and <= MaxLength } name] && name[0] != '@' && name.All(character => character is >= '!' and <= '~')
            ? (name, null)
            : ("", Problem.Invalid(Header, $"must be one value of 1 to {MaxLength} visible ASCII characters, not beginning with @"));
    }
}
