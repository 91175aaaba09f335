using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using TaskPipeline.Api.Problems;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.Callbacks;

/// <summary>Lets only workers through, before anything of the request is looked at: method, length and body included.</summary>
internal sealed class CallbackAuthentication(IOptions<CallbackOptions> options)
{
    private readonly byte[] _expected = SHA256.HashData(Encoding.UTF8.GetBytes($"{CallbackProtocol.AuthenticationScheme} {options.Value.Secret}"));

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        // Hashes have one length, so that the time of the comparison says nothing about the secret.
        var given = SHA256.HashData(Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString()));
        if (CryptographicOperations.FixedTimeEquals(given, _expected))
        {
            await next(context);
            return;
        }

        context.Response.Headers.WWWAuthenticate = CallbackProtocol.AuthenticationScheme;
        await new Problem(ProblemType.Unauthorized).ExecuteAsync(context);
    }
}
