using System.Diagnostics;

namespace TaskPipeline.NativeHost.Tests;

/// <summary>A library as somebody else would build it: with the header, a compiler, and nothing of our build. Dispose removes it.</summary>
internal sealed class OwnLibrary : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tp-own-");

    /// <summary>Where it is built.</summary>
    public string Folder => _folder.FullName;

    /// <summary>The source of a library with one algorithm, named <c>mine</c> unless the members say otherwise.</summary>
    public static string OneAlgorithm(string body, string members = ".name = \"mine\", .version = \"1\", .run = run") => $$"""
        #include <taskpipeline/tp_algorithm.h>
        #include <stdio.h>
        #include <stdlib.h>
        tp_status run(tp_context *context, void *state) { (void)context; (void)state; {{body}} }
        static const tp_algorithm algorithms[] = { {.struct_size = sizeof(tp_algorithm), {{members}} } };
        const tp_library *tp_library_describe(void)
        {
            static const tp_library library = {sizeof(tp_library), TP_ABI_VERSION, sizeof(tp_algorithm), 1, algorithms};
            return &library;
        }

        """;

    /// <summary>Compiles one source with the command that the manual shows.</summary>
    /// <returns>The library.</returns>
    public async Task<string> CompileAsync(string source)
    {
        var (file, library) = (Path.Combine(Folder, "own.c"), Path.Combine(Folder, "own.so"));
        await File.WriteAllTextAsync(file, source);
        await RunAsync("gcc", "-std=c11", "-O2", "-Wall", "-shared", "-fPIC", "-fvisibility=hidden", "-I", BuiltPrograms.Source("include"), "-o", library, file);
        return library;
    }

    /// <summary>Runs a program in the folder.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public async Task RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(s_limit);
        await process.WaitForExitAsync().WaitAsync(s_limit);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {output}{await errors}");
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
