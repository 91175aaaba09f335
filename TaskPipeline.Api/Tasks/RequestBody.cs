using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;
using TaskPipeline.Api.Problems;
using TaskPipeline.Api.Storage;

namespace TaskPipeline.Api.Tasks;

/// <summary>The outer checks of a request with a JSON body.</summary>
internal static class RequestBody
{
    private const int MaxKeyLength = 255;

    /// <summary>The largest body of a client.</summary>
    public const int MaxPublicBytes = 1024 * 1024;

    /// <summary>Whether the content is JSON in UTF-8, and not compressed.</summary>
    public static bool IsJson(HttpRequest request) =>
        request.Headers.ContentEncoding.ToString() is "" or "identity"
        && (request.ContentType is "application/json" || IsJson(request.ContentType));

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Reads the whole body; null when it is larger than <paramref name="most"/> bytes. Counted here and not by the server, which
    /// would cut the connection: a client that is still sending would then never see the answer.
    /// </summary>
    public static async Task<byte[]?> ReadAsync(HttpRequest request, long most, CancellationToken cancellationToken)
    {
        if (request.ContentLength > most)
        {
            return null;
        }

        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (read.Buffer.Length > most)
            {
                reader.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>The idempotency key, hashed with the body; null without one. A key that is none is a problem.</summary>
    public static (IdempotencyKey? Key, Problem? Problem) ReadKey(HttpRequest request, ReadOnlySpan<byte> body)
    {
        const string Header = "Idempotency-Key";
        if (!request.Headers.TryGetValue(Header, out var values))
        {
            return (null, null);
        }

        if (values is not [{ Length: >= 1 and <= MaxKeyLength } key] || key.Any(character => character is < '!' or > '~'))
        {
            return (null, Problem.Invalid(Header, $"must be one value of 1 to {MaxKeyLength} visible ASCII characters"));
        }

        var keyHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(key)));
        return (new IdempotencyKey(keyHash, Convert.ToHexStringLower(SHA256.HashData(body))), null);
    }
}
