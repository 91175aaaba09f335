using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TaskPipeline.Benchmarks.EndToEnd;

/// <summary>
/// One kept-alive HTTP/1.1 connection that sends prepared requests and reads just enough of the answers: on two cores a full
/// client would measure itself. For one request at a time.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _buffer = new byte[16 * 1024];

    public static async Task<HttpConnection> OpenAsync(int port)
    {
        var connection = new HttpConnection();
        await connection._socket.ConnectAsync(IPAddress.Loopback, port);
        return connection;
    }

    public static byte[] Post(string path, string body, string? prefer = null) => Encoding.UTF8.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{(prefer is null ? "" : $"Prefer: {prefer}\r\n")}" +
        $"Content-Length: {Encoding.UTF8.GetByteCount(body).ToString(CultureInfo.InvariantCulture)}\r\n\r\n{body}");

    public static byte[] Get(string path) => Encoding.UTF8.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");

    /// <summary>Sends a request and waits for the whole answer. Returns status, headers and body as text bytes, valid until the next request.</summary>
    public async Task<(int Status, ReadOnlyMemory<byte> Answer)> SendAsync(ReadOnlyMemory<byte> request)
    {
        await _socket.SendAsync(request);
        var length = 0;
        while (true)
        {
            if (length == _buffer.Length)
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }

            var count = await _socket.ReceiveAsync(_buffer.AsMemory(length));
            if (count == 0)
            {
                throw new IOException("The server closed the connection");
            }

            length += count;
            if (IsWhole(_buffer.AsSpan(0, length)))
            {
                return (Status(_buffer), _buffer.AsMemory(0, length));
            }
        }
    }

    /// <summary>The text of the first member of that name in an answer, which has one.</summary>
    public static string TextOf(ReadOnlyMemory<byte> answer, string member)
    {
        var text = Encoding.UTF8.GetString(answer.Span);
        var name = $"\"{member}\":\"";
        var start = text.IndexOf(name, StringComparison.Ordinal) + name.Length;
        return text[start..text.IndexOf('"', start)];
    }

    public void Dispose() => _socket.Dispose();

    // HTTP/1.1 202 Accepted
    private static int Status(ReadOnlySpan<byte> answer) => Utf8Parser.TryParse(answer[9..], out int status, out _) ? status : 0;

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        var headers = answer[..end];
        var body = answer[(end + 4)..];
        var at = headers.IndexOf("Content-Length: "u8);
        return at >= 0
            ? Utf8Parser.TryParse(headers[(at + "Content-Length: ".Length)..], out int length, out _) && body.Length >= length
            : headers.IndexOf("Transfer-Encoding: chunked"u8) < 0 || body.EndsWith("\r\n0\r\n\r\n"u8) || body.SequenceEqual("0\r\n\r\n"u8);
    }
}
