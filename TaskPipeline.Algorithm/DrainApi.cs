using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using TaskPipeline.Algorithm.Callbacks;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Algorithm;

/// <summary>Ends the worker over HTTP as SIGTERM would, for those who cannot send a signal: the dashboard, a preStop hook.</summary>
internal static class DrainApi
{
    private const string Path = "/drain";

    /// <summary>Maps <c>POST /drain</c>: 202, then the worker takes nothing more, finishes what it runs and ends. Needs the callback's secret.</summary>
    public static IEndpointRouteBuilder MapDrain(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(Path, Drain);
        return routes;
    }

    private static IResult Drain(HttpRequest request, IOptions<CallbackOptions> options, IHostApplicationLifetime lifetime)
    {
        // Hashes have one length, so that the time of the comparison says nothing about the secret.
        var given = SHA256.HashData(Encoding.UTF8.GetBytes(request.Headers.Authorization.ToString()));
        var expected = SHA256.HashData(Encoding.UTF8.GetBytes($"{CallbackProtocol.AuthenticationScheme} {options.Value.Secret}"));
        if (!CryptographicOperations.FixedTimeEquals(given, expected))
        {
            return TypedResults.Unauthorized();
        }

        lifetime.StopApplication();
        return TypedResults.Accepted((string?)null);
    }
}
