using System.Text;

namespace TaskPipeline.Benchmarks;

/// <summary>A page of the documentation of which a part is measured: between <c>&lt;!-- name --&gt;</c> and <c>&lt;!-- /name --&gt;</c>.</summary>
internal static class MarkedPage
{
    /// <summary>Replaces the part.</summary>
    /// <exception cref="InvalidOperationException">The page lacks the marks.</exception>
    public static async Task WriteAsync(string path, string name, string part)
    {
        var (begin, end) = ($"<!-- {name} -->", $"<!-- /{name} -->");
        var page = await File.ReadAllTextAsync(path);
        var (from, to) = (page.IndexOf(begin, StringComparison.Ordinal), page.IndexOf(end, StringComparison.Ordinal));
        if (from < 0 || to < from)
        {
            throw new InvalidOperationException($"{path} lacks the lines {begin} and {end}");
        }

        await File.WriteAllTextAsync(path, $"{page[..from]}{begin}\n\n{part}\n{page[to..]}", new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    }
}
