using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace TaskPipeline.Api.Console;

/// <summary>
/// The console: a page at <c>/</c> for people, made of the public calls alone. Its files are part of the assembly, so that it
/// is there wherever the API runs.
/// </summary>
internal static class ConsoleApi
{
    private const string ResourcePrefix = "console/";
    private const string StartPage = "index.html";

    /// <summary>Nothing from elsewhere, no inline script: what native code prints and clients submit is shown, never run.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static IEndpointRouteBuilder MapConsole(this IEndpointRouteBuilder routes)
    {
        var assembly = typeof(ConsoleApi).Assembly;
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            var name = resource[ResourcePrefix.Length..];
            var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\"");
            routes.MapMethods(name == StartPage ? "/" : $"/console/{name}", [HttpMethods.Get, HttpMethods.Head], context => SendAsync(context, content, ContentType(name), tag))
                .ExcludeFromDescription();
        }

        return routes;
    }

    private static Task SendAsync(HttpContext context, byte[] content, string contentType, EntityTagHeaderValue tag)
    {
        context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        // Asked for each time and answered with 304: an upgrade shows at once.
        context.Response.Headers.CacheControl = "no-cache";
        return TypedResults.Bytes(content, contentType, entityTag: tag).ExecuteAsync(context);
    }

    private static string ContentType(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        var other => throw new InvalidOperationException($"{other} has no content type"),
    };
}
