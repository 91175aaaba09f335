using System.Globalization;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>How a host's process ended, told when all of its subtree is gone.</summary>
/// <param name="ExitCode">Its exit code; null when a signal ended it.</param>
/// <param name="Signal">The number of the signal; null when none did.</param>
/// <param name="CpuSeconds">The processor time of its whole life; null when the platform cannot tell.</param>
/// <param name="PeakMemoryBytes">Its largest resident set; null when the platform cannot tell.</param>
/// <param name="Swept">How many other processes of its subtree had to be ended.</param>
internal sealed record HostExit(int? ExitCode, int? Signal, double? CpuSeconds, long? PeakMemoryBytes, int Swept)
{
    /// <summary>Why it never ran; null when it did.</summary>
    public string? Problem { get; init; }

    /// <summary>
    /// Reads the guard's last line, such as <c>ended signal 11 utime_us=1200 stime_us=300 maxrss_kb=3400 swept=0</c> or
    /// <c>failed 2 No such file or directory</c>; null when it is another.
    /// </summary>
    public static HostExit? Parse(string line)
    {
        if (line.StartsWith("failed ", StringComparison.Ordinal))
        {
            return new HostExit(ExitCode: null, Signal: null, CpuSeconds: null, PeakMemoryBytes: null, Swept: 0) { Problem = line["failed ".Length..] };
        }

        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is not ["ended", var how, var number, .. var fields] || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return null;
        }

        long Field(string name) => fields
            .Where(field => field.StartsWith(name + "=", StringComparison.Ordinal))
            .Select(field => long.TryParse(field.AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : 0)
            .FirstOrDefault();

        var cpu = (Field("utime_us") + Field("stime_us")) / 1e6;
        return new HostExit(how == "exit" ? value : null, how == "signal" ? value : null, cpu, Field("maxrss_kb") * 1024, (int)Field("swept"));
    }

    /// <summary>From an exit code as <see cref="System.Diagnostics.Process"/> gives it, which cannot tell 128 + signal from an exit with that code.</summary>
    public static HostExit FromExitCode(int code) => code > 128
        ? new HostExit(ExitCode: null, code - 128, CpuSeconds: null, PeakMemoryBytes: null, Swept: 0)
        : new HostExit(code, Signal: null, CpuSeconds: null, PeakMemoryBytes: null, Swept: 0);
}
