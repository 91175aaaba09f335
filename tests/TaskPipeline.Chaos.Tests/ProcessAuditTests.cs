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

        // The shell ends, and what it has left has another parent. That names the mark all the time, and is never two processes: a shell that runs a command is, for a moment.
        using var shell = Process.Start("/bin/bash", ["-c", "(exec -a \"$0\" sleep 600) & exit", mark]);
        await shell.WaitForExitAsync();
        var orphan = Assert.Single(ProcessTable.Read().Naming(mark));
        try
        {
            Assert.Contains(mark, Assert.Single(await CheckAsync(audit)), StringComparison.Ordinal);
        }
        finally
        {
            using var process = Process.GetProcessById(orphan.Id);
            process.Kill();
        }
    }

    private static async Task<IReadOnlyList<string>> CheckAsync(ProcessAudit audit)
    {
        var findings = new Findings();
        await audit.CheckAsync(findings, CancellationToken.None);
        return findings.All;
    }
}
