using System.Net.Sockets;
using Microsoft.Extensions.Options;
using TaskPipeline.Algorithm.Callbacks;

namespace TaskPipeline.Algorithm.Tests.Callbacks;

/// <summary>What the callback makes of failures of its HTTP client; what an API answers is tested with a real one.</summary>
public sealed class CallbackClientTests
{
    [Fact]
    public async Task Send_ConnectionIsGoneBeforeItIsUsed_TriesAgainAndSaysThatTheApiCannotBeReached()
    {
        using var gone = new GoneConnections();
        using var http = new HttpClient(gone);
        var client = new CallbackClient(http, Options.Create(new CallbackOptions { Address = "http://localhost:1", Secret = new string('s', 32) }));

        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(["{}"u8.ToArray()], CancellationToken.None));

        Assert.Equal(HttpRequestError.ConnectionError, exception.HttpRequestError);
        Assert.Equal(3, gone.Count);
    }

    /// <summary>What .NET's own handler does when a connection is closed between its making and its first use, which no server can do at will.</summary>
    private sealed class GoneConnections : HttpMessageHandler
    {
        public int Count { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Count++;
            throw new SocketException((int)SocketError.NotConnected);
        }
    }
}
