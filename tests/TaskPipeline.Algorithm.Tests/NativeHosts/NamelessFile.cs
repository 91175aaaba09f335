using System.Diagnostics;

namespace TaskPipeline.Algorithm.Tests.NativeHosts;

/// <summary>A file whose name is one byte that is no UTF-8: native code can make and remove it, .NET can neither.</summary>
internal static class NamelessFile
{
    public static Task CreateAsync(string folder) => RunAsync("touch", folder);

    public static Task RemoveAsync(string folder) => RunAsync("rm", folder);

    private static async Task RunAsync(string command, string folder)
    {
        using var shell = Process.Start("/bin/sh", ["-c", $"""{command} "$1/$(printf '\377')" """, "sh", folder]);
        await shell.WaitForExitAsync();
        Assert.Equal(0, shell.ExitCode);
    }
}
