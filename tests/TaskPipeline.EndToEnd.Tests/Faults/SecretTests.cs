using System.Globalization;
using System.Text.RegularExpressions;

namespace TaskPipeline.EndToEnd.Tests.Faults;

/// <summary>What native code can find out about the process that it runs in and those above it.</summary>
[Collection(FaultCollection.Name)]
public sealed partial class SecretTests(FaultTopology topology)
{
    private static readonly string[] s_passed =
    [
        "PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "DOTNET_ROOT", "HOME", "TMPDIR", "DOTNET_EnableDiagnostics", "DOTNET_gcServer", "DOTNET_GCgen0size",
    ];

    [Fact]
    public async Task Submit_CodeThatLooksForSecrets_FindsNone()
    {
        var worker = topology.WorkerProcess;
        var environment = await File.ReadAllTextAsync($"/proc/{worker}/environ");

        var task = await topology.SubmitAsync(new { algorithm = "fault.print-environment" }, waitSeconds: 60);

        // The worker does have what must not be found.
        Assert.Contains($"Callbacks__Secret={topology.Topology.Secret}", environment, StringComparison.Ordinal);
        Assert.Contains($"ConnectionStrings__rabbitmq={topology.Topology.RabbitMqUri}", environment, StringComparison.Ordinal);
        var output = task.GetProperty("output").GetString()!;
        Assert.DoesNotContain(topology.Topology.Secret, output, StringComparison.Ordinal);
        Assert.DoesNotContain(topology.Topology.RabbitMqUri, output, StringComparison.Ordinal);
        var lines = output.Split('\n');
        Assert.Empty(lines.Where(line => line.StartsWith("env ", StringComparison.Ordinal)).Select(line => line[4..].Split('=')[0]).Except(s_passed));

        // 3 and 4 are the channel; the runtime of the host keeps its source of random numbers open, and the host what the kernel says of its own size.
        var descriptors = lines.Where(line => line.StartsWith("fd ", StringComparison.Ordinal) && !OwnFile().IsMatch(line)).ToArray();
        Assert.Equal(["0", "1", "2", "3", "4"], descriptors.Select(line => line.Split(' ')[1]).Order(StringComparer.Ordinal));
        Assert.All(descriptors, line => Assert.True(line.EndsWith(" /dev/null", StringComparison.Ordinal) || line.Contains(" pipe:", StringComparison.Ordinal), line));
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"ancestor {worker} is closed"), lines);
    }

    [GeneratedRegex("^fd [0-9]+ (/dev/urandom|/proc/[0-9]+/statm)$")]
    private static partial Regex OwnFile();
}
