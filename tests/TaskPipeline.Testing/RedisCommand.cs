using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TaskPipeline.Testing;

/// <summary>Commands to a Redis of a test on a connection of their own, for what clients keep to themselves.</summary>
public static class RedisCommand
{
    /// <summary>Sends a command; returns the text of its answer.</summary>
    /// <exception cref="InvalidOperationException">The answer is an error.</exception>
    public static async Task<string> SendAsync(int port, string command, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var line = await reader.ReadLineAsync(cancellationToken) ?? "";
        if (line.StartsWith('-'))
        {
            throw new InvalidOperationException($"{command}: {line}");
        }

        if (!line.StartsWith('$'))
        {
            return line[1..];
        }

        var text = new char[int.Parse(line.AsSpan(1), provider: null)];
        await reader.ReadBlockAsync(text, cancellationToken);
        return new string(text);
    }

    /// <summary>Follows every command that the server runs, those of scripts too, from the return on until the reading ends.</summary>
    public static async Task<StreamReader> MonitorAsync(int port, CancellationToken cancellationToken)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync("MONITOR\r\n"u8.ToArray(), cancellationToken);
        var reader = new StreamReader(stream, Encoding.ASCII);
        await reader.ReadLineAsync(cancellationToken);
        return reader;
    }
}
