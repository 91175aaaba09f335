using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>Asks one library what it offers, in a guarded process of its own, because code of the library runs when it is loaded.</summary>
internal sealed class LibraryDescriber(HostStarter starter, WorkFolder work, TimeProvider time, IOptions<NativeHostOptions> options)
{
    /// <summary>A thousand algorithms with long descriptions.</summary>
    private const int MaxAnswerBytes = 4 * 1024 * 1024;
    private const int MaxErrorBytes = 1024;

    private readonly NativeHostOptions _options = options.Value;

    /// <summary>The answer of <c>TaskPipeline.NativeHost describe</c>.</summary>
    /// <exception cref="HostStartException">It gave none; the message says why.</exception>
    public async Task<JsonElement> DescribeAsync(string path, CancellationToken cancellationToken)
    {
        var folder = work.CreateHostFolder();
        var process = await starter.RunAsync(() => GuardedProcess.Start(_options, folder, ["describe", "--library", Path.GetFullPath(path)]));
        var errors = new OutputCapture(process.Errors, MaxErrorBytes);
        try
        {
            errors.Begin(Guid.NewGuid());
            _ = errors.PumpAsync();
            var answer = await ReadAsync(process.Output, cancellationToken).WaitAsync(_options.StartLimit, time, cancellationToken);
            var exit = await process.Exit.WaitAsync(_options.StartLimit, time, cancellationToken);
            return exit switch
            {
                { ExitCode: 0 } when answer.Length > 0 => Parse(answer),
                { Problem: { } problem } => throw new HostStartException($"the host could not be started: {problem}"),
                { Signal: { } signal } => throw new HostStartException($"describing it ended with {SignalNames.Of(signal)}"),
                _ => throw new HostStartException($"describing it ended with exit code {exit.ExitCode}"),
            };
        }
        catch (TimeoutException exception)
        {
            throw new HostStartException($"describing it took longer than {_options.StartLimit.TotalSeconds:0.#} seconds", exception);
        }
        finally
        {
            process.Kill();
            await process.Exit;
            process.Dispose();
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var answer = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            if (answer.Length + count > MaxAnswerBytes)
            {
                throw new HostStartException($"its description is larger than {MaxAnswerBytes} bytes");
            }

            answer.Write(buffer.AsSpan(0, count));
        }

        return answer.ToArray();
    }

    private static JsonElement Parse(byte[] answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw new HostStartException($"its description cannot be read: {Encoding.UTF8.GetString(answer.AsSpan(0, Math.Min(answer.Length, 200)))}", exception);
        }
    }
}
