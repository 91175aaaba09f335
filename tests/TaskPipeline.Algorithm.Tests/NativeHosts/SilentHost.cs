using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.NativeHost.Protocol;
using TaskPipeline.Testing;

namespace TaskPipeline.Algorithm.Tests.NativeHosts;

/// <summary>
/// A host program that says hello and, when it is told to, closes its end of the channel and lives on, as after a thread of native code has closed it. What
/// is started after the first is a real host. Dispose removes it.
/// </summary>
internal sealed class SilentHost : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tp-silent-");

    public SilentHost()
    {
        File.WriteAllBytes(InFolder("hello"), new Hello(AbiVersion: 1 << 16, ProcessId: int.MaxValue, CpuSeconds: 0).WriteTo(new HostFrameWriter()).ToArray());
        ShellScript.Write(
            Program,
            $"""
            mkdir {InFolder("first")} 2> /dev/null || exec {NativeLayout.Host} "$@"
            cat {InFolder("hello")} >&4
            while [ ! -e {InFolder("told")} ]; do sleep 0.05; done
            exec 4>&-
            exec sleep 3600
            """);
    }

    /// <summary>What takes the place of the host.</summary>
    public string Program => InFolder("host.sh");

    /// <summary>Tells the first host to close its channel; returns when its worker has seen that.</summary>
    public async Task CloseChannelAsync(NativeHostProcess host)
    {
        await File.WriteAllTextAsync(InFolder("told"), "");
        using var limit = new CancellationTokenSource(s_limit);
        while (host.IsUsable)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string InFolder(string name) => Path.Combine(_folder.FullName, name);
}
