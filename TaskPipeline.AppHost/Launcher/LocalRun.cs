using System.Runtime.InteropServices;

namespace TaskPipeline.AppHost.Launcher;

/// <summary>A run in the foreground: until Ctrl-C or SIGTERM, which end everything.</summary>
internal static class LocalRun
{
    public static async Task<int> RunAsync(LauncherOptions options, TextWriter output)
    {
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        var log = new RunLog(output);
        try
        {
            await using var topology = await LocalTopology.StartAsync(options, log, stop.Token);
            WriteTable(topology, options, log);
            log.WriteLine($"ready: {topology.ApiAddress()}");
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            log.WriteLine("stopping: running tasks may finish");
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped while it was starting: everything has been ended again.
        }

        log.WriteLine("stopped");
        return 0;
    }

    private static void WriteTable(LocalTopology topology, LauncherOptions options, RunLog log)
    {
        log.WriteLine("");
        for (var replica = 0; replica < options.Apis; replica++)
        {
            log.WriteLine($"  API            {topology.ApiAddress(replica)}");
        }

        log.WriteLine($"  API reference  {topology.ApiAddress()}/scalar");
        log.WriteLine($"  RabbitMQ       {topology.RabbitMqUri}");
        log.WriteLine($"  management     http://localhost:{topology.ManagementPort} (guest, guest)");
        log.WriteLine($"  Redis          {topology.RedisAddress}");
        if (options.Shards > 1)
        {
            log.WriteLine($"  shards         {options.Shards} of Redis, {options.Shards} queues for each lane");
        }

        log.WriteLine($"  workers        {options.Workers} with {options.Slots} slots each");
        log.WriteLine("");
    }
}
