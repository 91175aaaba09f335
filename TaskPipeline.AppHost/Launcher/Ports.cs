using System.Net;
using System.Net.Sockets;

namespace TaskPipeline.AppHost.Launcher;

/// <summary>Free ports of this machine.</summary>
internal static class Ports
{
    /// <summary>Below the range from which the kernel takes the ports of outgoing connections: one of those may come at any time.</summary>
    private const int First = 20_000;
    private const int Last = 32_000;

    /// <summary>Different ports that are free now.</summary>
    public static int[] TakeFree(int count)
    {
        var ports = new HashSet<int>();
        while (ports.Count < count)
        {
            var port = Random.Shared.Next(First, Last);
            if (IsFree(port))
            {
                ports.Add(port);
            }
        }

        return [.. ports];
    }

    /// <summary>The first of so many ports in a row that are free now.</summary>
    public static int TakeFreeBlock(int count)
    {
        while (true)
        {
            var first = Random.Shared.Next(First, Last - count);
            if (Enumerable.Range(first, count).All(IsFree))
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
