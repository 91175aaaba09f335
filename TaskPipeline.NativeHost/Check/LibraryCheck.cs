using System.Text.Json;
using TaskPipeline.NativeHost.Interop;

namespace TaskPipeline.NativeHost.Check;

/// <summary>The checks of a library as a whole: what it exports, and what it says of itself when another process asks.</summary>
internal sealed class LibraryCheck(CheckReport report, TimeProvider time)
{
    private static readonly TimeSpan s_describeLimit = TimeSpan.FromSeconds(30);

    public async Task<IReadOnlyList<DescribedAlgorithm>> RunAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            report.Fail("library", $"{path} is not there");
            return [];
        }

        CheckSymbols(path);
        return await DescribeAsync(path, cancellationToken).ConfigureAwait(false);
    }

    private void CheckSymbols(string path)
    {
        var symbols = ExportedSymbols.Read(path);
        if (symbols is null)
        {
            report.Note("symbols", "not looked at: this is no 64-bit ELF file");
        }
        else if (symbols is [TpAbi.DescribeSymbol])
        {
            report.Ok("symbols", $"exactly {TpAbi.DescribeSymbol}");
        }
        else if (!symbols.Contains(TpAbi.DescribeSymbol, StringComparer.Ordinal))
        {
            report.Fail("symbols", $"{TpAbi.DescribeSymbol} is not exported");
        }
        else
        {
            var others = symbols.Where(name => name != TpAbi.DescribeSymbol).ToList();
            report.Fail("symbols", $"{others.Count} more than {TpAbi.DescribeSymbol}: {string.Join(", ", others.Take(5))}; hide them (-fvisibility=hidden or an export map)");
        }
    }

    private async Task<IReadOnlyList<DescribedAlgorithm>> DescribeAsync(string path, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(s_describeLimit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var process = SelfProcess.Start("describe", "--library", path);
        try
        {
            process.StandardInput.Close();
            var errors = process.StandardError.ReadToEndAsync(linked.Token);
            var text = await process.StandardOutput.ReadToEndAsync(linked.Token).ConfigureAwait(false);
            await process.WaitForExitAsync(linked.Token).ConfigureAwait(false);
            if (process.ExitCode != 0)
            {
                report.Fail("describe", $"the process that loaded it ended: {SelfProcess.Describe(process.ExitCode)}; {(await errors.ConfigureAwait(false)).Trim()}");
                return [];
            }

            return Read(text);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            report.Fail("describe", $"loading and describing took more than {s_describeLimit.TotalSeconds:0} s");
            return [];
        }
    }

    private List<DescribedAlgorithm> Read(string text)
    {
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        if (root.GetProperty("problem").GetString() is { } problem)
        {
            report.Fail("describe", problem);
            return [];
        }

        report.Ok("abi", $"{root.GetProperty("abi").GetString()}, this host has {TpAbi.Format(TpAbi.Version)}");
        var algorithms = root.GetProperty("algorithms").EnumerateArray()
            .Select(item => new DescribedAlgorithm(item.GetProperty("name").GetString()!, item.GetProperty("version").GetString()!))
            .ToList();
        report.Ok("describe", string.Join(", ", algorithms.Select(algorithm => $"{algorithm.Name} {algorithm.Version}")));
        return algorithms;
    }
}
