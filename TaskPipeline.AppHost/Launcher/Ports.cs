using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace TaskPipeline.AppHost.Launcher;

/// <summary>Free ports of this machine.</summary>
internal static class Ports
{
    /// <summary>Below the range from which the kernel takes the ports of outgoing connections: one of those may come at any time.</summary>
    private const int First = 20_000;
    private const int Last = 32_000;

    /// <summary>
    /// Where nothing listens yet a port looks free to whoever else draws one, in this process or in another. So each that was drawn is bound for UDP, which nothing here uses, as
    /// long as this process lives.
    /// </summary>
    private static readonly ConcurrentBag<Socket> s_drawn = [];

    /// <summary>Different ports that are free, and that nobody else draws while this process lives.</summary>
    public static int[] TakeFree(int count)
    {
        var ports = new HashSet<int>();
        while (ports.Count < count)
        {
            var port = Random.Shared.Next(First, Last);
            if (TryDraw(port))
            {
                ports.Add(port);
            }
        }

        return [.. ports];
    }

    /// <summary>The first of so many ports in a row that are free, and that nobody else draws while this process lives.</summary>
    public static int TakeFreeBlock(int count)
    {
        while (true)
        {
            var first = Random.Shared.Next(First, Last - count);
            if (Enumerable.Range(first, count).All(TryDraw))
            {
                return first;
            }
        }
    }

    public static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool TryDraw(int port)
    {
        if (!IsFree(port))
        {
            return false;
        }

        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ExclusiveAddressUse = true };
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            s_drawn.Add(socket);
            return true;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return false;
        }
    }

    /// <summary>Waits until something listens.</summary>
    /// <exception cref="LaunchException">Nothing did within the limit.</exception>
    public static async Task WaitAsync(string name, int port, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(limit);
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, over.Token);
                return;
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (over.IsCancellationRequested)
                {
                    throw new LaunchException($"{name} did not listen on port {port} within {limit.TotalSeconds:0} s");
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }
    }
}
