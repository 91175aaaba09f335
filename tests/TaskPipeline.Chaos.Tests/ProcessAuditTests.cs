using System.Diagnostics;
using TaskPipeline.AppHost.Launcher;
using TaskPipeline.Chaos.Audit;
using TaskPipeline.Testing;

namespace TaskPipeline.Chaos.Tests;

/// <summary>What the audit of processes must find.</summary>
[Collection(OneTopology.Name)]
public sealed class ProcessAuditTests
{
    [Fact]
    public async Task Check_ProcessThatOutlivesTheRun_IsFound()
    {
        var audit = new ProcessAudit { Limit = TimeSpan.Zero };
        using var left = Process.Start("/bin/sleep", "600");
        try
        {
            audit.Remember();
            Assert.Contains($"{left.Id} /bin/sleep 600", Assert.Single(await CheckAsync(audit)), StringComparison.Ordinal);
        }
        finally
        {
            left.Kill();
            await left.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task Check_ProcessOfTheBuildThatHasLostItsParent_IsFound()
    {
        var audit = new ProcessAudit { Limit = TimeSpan.Zero };
        var mark = Path.Combine(BuildOutput.Root, Guid.NewGuid().ToString());

        // The shell ends, and what it has left has another parent.
        using var shell = Process.Start("/bin/sh", ["-c", "/bin/sh -c 'sleep 600; :' \"$0\" & exit", mark]);
        await shell.WaitForExitAsync();
        var orphan = Assert.Single(ProcessTable.Read().Naming(mark));
        try
        {
            Assert.Contains(mark, Assert.Single(await CheckAsync(audit)), StringComparison.Ordinal);
        }
        finally
        {
            foreach (var entry in (ProcessTable.Entry[])[orphan, .. ProcessTable.Read().DescendantsOf(orphan.Id)])
            {
                using var process = Process.GetProcessById(entry.Id);
                process.Kill();
            }
        }
    }

    private static async Task<IReadOnlyList<string>> CheckAsync(ProcessAudit audit)
    {
        var findings = new Findings();
        await audit.CheckAsync(findings, CancellationToken.None);
        return findings.All;
    }
}
