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
        // What .NET's own handler does when a connection is closed between its making and its first use, which no server can do at will.
        using var gone = new FailingHandler(new SocketException((int)SocketError.NotConnected));

        var exception = await FailToSendAsync(gone);

        Assert.Equal(HttpRequestError.ConnectionError, exception.HttpRequestError);
        Assert.Equal(3, gone.Count);
    }

    [Fact]
    public async Task Send_HandlerFailsInAWayThatNobodyForesaw_FailsAsIfTheApiDidNotAnswer()
    {
        using var broken = new FailingHandler(new InvalidOperationException("a bug"));

        var exception = await FailToSendAsync(broken);

        Assert.Equal("a bug", exception.Message);
        Assert.Equal(1, broken.Count);
    }

    private static async Task<HttpRequestException> FailToSendAsync(HttpMessageHandler handler)
    {
        using var http = new HttpClient(handler, disposeHandler: false);
        var client = new CallbackClient(http, Options.Create(new CallbackOptions { Address = "http://localhost:1", Secret = new string('s', 32) }));
        return await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(["{}"u8.ToArray()], CancellationToken.None));
    }

    private sealed class FailingHandler(Exception exception) : HttpMessageHandler
    {
        public int Count { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Count++;
            throw exception;
        }
    }
}
