namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>The environment of hosts: a short list of what is let through, so that no secret of ours reaches native code.</summary>
internal static class HostEnvironment
{
    private static readonly string[] s_passed = ["PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "DOTNET_ROOT", "HOME"];

    public static void ApplyTo(IDictionary<string, string?> environment)
    {
        var passed = s_passed.Where(environment.ContainsKey).ToDictionary(name => name, name => environment[name]);
        environment.Clear();
        foreach (var (name, value) in passed)
        {
            environment[name] = value;
        }

        environment["DOTNET_EnableDiagnostics"] = "0";
        environment["DOTNET_gcServer"] = "0";

        // 1 MiB, hexadecimal, between collections: the default is the size of the last-level cache, by which every warm host would grow.
        environment["DOTNET_GCgen0size"] = "100000";
    }
}
