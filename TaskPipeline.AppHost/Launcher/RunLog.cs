namespace TaskPipeline.AppHost.Launcher;

/// <summary>The lines of all processes, each with the name of who said it. Thread safe.</summary>
internal sealed class RunLog(TextWriter writer)
{
    private const int NameWidth = 9;

    private readonly Lock _lock = new();

    /// <summary>Writes a line; null, the end of a stream, is none.</summary>
    public void Write(string name, string? line)
    {
        if (line is not null)
        {
            lock (_lock)
            {
                writer.WriteLine($"{name.PadRight(NameWidth)} | {line}");
            }
        }
    }

    /// <summary>Writes a line of the launcher itself.</summary>
    public void WriteLine(string line)
    {
        lock (_lock)
        {
            writer.WriteLine(line);
            writer.Flush();
        }
    }
}
