using System.Globalization;

namespace TaskPipeline.NativeHost.Check;

/// <summary>What the kit found, one line each: <c>ok</c>, <c>note</c> (worth knowing) or <c>FAIL</c>.</summary>
internal sealed class CheckReport(TextWriter output)
{
    private int _failures;
    private int _lines;

    public bool HasFailed => _failures > 0;

    public void Ok(string subject, string text) => Line("ok", subject, text);

    public void Note(string subject, string text) => Line("note", subject, text);

    public void Fail(string subject, string text)
    {
        _failures++;
        Line("FAIL", subject, text);
    }

    /// <summary>The last line.</summary>
    public void Conclude() => output.WriteLine(HasFailed
        ? string.Create(CultureInfo.InvariantCulture, $"{_failures} of {_lines} checks failed")
        : string.Create(CultureInfo.InvariantCulture, $"{_lines} checks, none failed"));

    private void Line(string verdict, string subject, string text)
    {
        _lines++;
        output.WriteLine($"{verdict,-5} {subject}: {text.ReplaceLineEndings(" ")}");
    }
}
