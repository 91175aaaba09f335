using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;

namespace TaskPipeline.Algorithm.NativeHosts;

/// <summary>
/// One run of the host program, started and watched by a guard where there is one. Dispose once <see cref="Exit"/> has completed. Thread safe.
/// </summary>
internal sealed class GuardedProcess : IDisposable
{
    private const byte OrderTerminate = (byte)'T';
    private const byte OrderKill = (byte)'K';
    private const byte OrderLowerPriority = (byte)'N';

    /// <summary>Without a guard the host itself must see that the worker is gone: its standard input ends then.</summary>
    private static readonly string[] s_lifeline = ["--lifeline", "stdin"];

    private readonly Process _process;
    private readonly AnonymousPipeServerStream? _status;
    private readonly string _folder;
    private readonly TaskCompletionSource<HostExit> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private GuardedProcess(Process process, AnonymousPipeServerStream requests, AnonymousPipeServerStream replies, AnonymousPipeServerStream? status, string folder)
    {
        _process = process;
        _status = status;
        _folder = folder;
        Requests = requests;
        Replies = replies;
        _ = WatchExitAsync();
    }

    /// <summary>To the host.</summary>
    public AnonymousPipeServerStream Requests { get; }

    /// <summary>From the host.</summary>
    public AnonymousPipeServerStream Replies { get; }

    /// <summary>What native code prints.</summary>
    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>What native code prints on standard error.</summary>
    public Stream Errors => _process.StandardError.BaseStream;

    /// <summary>Completes when the process and all of its subtree are gone, and its folder is removed.</summary>
    public Task<HostExit> Exit => _exit.Task;

    /// <summary>Starts it; to be called on the thread of <see cref="HostStarter"/>.</summary>
    /// <param name="options">Where guard and host are.</param>
    /// <param name="folder">A folder of its own, which is removed at its end, or when it cannot be started.</param>
    /// <param name="arguments">Of the host.</param>
    /// <exception cref="HostStartException">The program could not be started.</exception>
    public static GuardedProcess Start(NativeHostOptions options, string folder, IReadOnlyList<string> arguments)
    {
        var guarded = options.GuardPath.Length > 0;
        var requests = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.Inheritable);
        var replies = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        var status = guarded ? new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable) : null;
        var start = new ProcessStartInfo(guarded ? options.GuardPath : options.HostPath)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        HostEnvironment.ApplyTo(start.Environment);
        string[] channel = ["--request-fd", requests.GetClientHandleAsString(), "--reply-fd", replies.GetClientHandleAsString()];
        string[] all = guarded
            ? ["--status-fd", status!.GetClientHandleAsString(), .. channel, .. GuardOptions(options, folder), "--", options.HostPath, .. arguments]
            : [.. arguments, .. arguments is ["run", ..] ? channel : [], .. s_lifeline];
        foreach (var argument in all)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            var process = Process.Start(start) ?? throw new HostStartException("no process was started");
            return new GuardedProcess(process, requests, replies, status, folder);
        }
        catch (Exception exception) when (exception is Win32Exception or IOException)
        {
            requests.Dispose();
            replies.Dispose();
            status?.Dispose();
            WorkFolder.Remove(folder);
            throw new HostStartException($"{start.FileName}: {exception.Message}", exception);
        }
        finally
        {
            // Only the child's ends may stay open in the child, or no pipe would ever end.
            requests.DisposeLocalCopyOfClientHandle();
            replies.DisposeLocalCopyOfClientHandle();
            status?.DisposeLocalCopyOfClientHandle();
        }
    }

    /// <summary>SIGTERM to its process group.</summary>
    public void Terminate() => Order(OrderTerminate);

    /// <summary>SIGKILL to all of it.</summary>
    public void Kill() => Order(OrderKill);

    /// <summary>Makes its process group ten steps nicer, for good: without a privilege nobody can take that back. False without a guard, where it is not done.</summary>
    public bool LowerPriority()
    {
        if (_status is not null)
        {
            Order(OrderLowerPriority);
        }

        return _status is not null;
    }

    public void Dispose()
    {
        Requests.Dispose();
        Replies.Dispose();
        _status?.Dispose();

        // A process leaves streams that somebody has asked for to the garbage collector.
        Output.Dispose();
        Errors.Dispose();
        _process.StandardInput.BaseStream.Dispose();
        _process.Dispose();
    }

    private static string[] GuardOptions(NativeHostOptions options, string folder) =>
        ["--folder", folder, "--oom-score-adj", options.OutOfMemoryScore.ToString(CultureInfo.InvariantCulture)];

    private async Task WatchExitAsync()
    {
        HostExit? exit = null;
        if (_status is not null)
        {
            using var reader = new StreamReader(_status, leaveOpen: true);
            try
            {
                while (exit is null && await reader.ReadLineAsync() is { } line)
                {
                    exit = HostExit.Parse(line);
                }
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // The guard is gone; its own end says the rest.
            }
        }

        await _process.WaitForExitAsync();
        WorkFolder.Remove(_folder);
        _exit.TrySetResult(exit ?? HostExit.FromExitCode(_process.ExitCode));
    }

    private void Order(byte order)
    {
        try
        {
            if (_status is not null)
            {
                var orders = _process.StandardInput.BaseStream;
                orders.WriteByte(order);
                orders.Flush();
            }
            else
            {
                // Without a guard there is nobody who could send less than the end.
                _process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or ObjectDisposedException)
        {
            // It has ended already.
        }
    }
}
