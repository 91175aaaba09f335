namespace TaskPipeline.Testing;

/// <summary>A program that a test makes: what stands in the way of a real one.</summary>
public static class ShellScript
{
    /// <summary>Writes a shell script that can be started; another file where there was one, which may be running.</summary>
    public static void Write(string path, string body)
    {
        File.Delete(path);
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
