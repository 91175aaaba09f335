using System.Diagnostics;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Integration.Tests.Consuming;
using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.NativeHosts;

/// <summary>kill -9 of the worker while its hosts spin, ignore everything and wait: none of them outlives it.</summary>
public abstract class WorkerDeathTests(RabbitMqServer server) : WorkerFixture(server), IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tp-death-");

    protected override (string Name, string Value)[] Settings => [("Worker__Slots", "4"), ("NativeHosts__WorkDirectory", _folder.FullName)];

    /// <summary>What runs when the worker dies.</summary>
    protected abstract (string Algorithm, object Input)[] Runs { get; }

    /// <summary>How many processes there are for each host.</summary>
    protected abstract int ProcessesPerHost { get; }

    [Fact]
    public async Task Kill_WorkerWithHostsThatSpinAndIgnoreEverything_LeavesNone()
    {
        foreach (var (algorithm, input) in Runs)
        {
            var message = BrokerHost.Message(algorithm, input, timeout: 600);
            await Broker.PublishAsync(message);
            await Api.ExpectOneAsync<ProgressReport>(report => report.TaskId == message.TaskId);
        }

        var before = OfTheWorker();
        await Worker.KillAsync();

        Assert.True(before.Length >= (Runs.Length + 1) * ProcessesPerHost, string.Join(Environment.NewLine, before));
        await GoneAsync();
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        foreach (var left in OfTheWorker())
        {
            using var process = Process.GetProcessById(left.Id);
            process.Kill();
        }

        _folder.Delete(recursive: true);
    }

    /// <summary>Guards and hosts, wherever they are: their commands name their folder. A process that native code left behind has its host's command.</summary>
    private ProcessTable.Entry[] OfTheWorker() => [.. ProcessTable.Read().Naming(_folder.FullName)];

    private async Task GoneAsync()
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (OfTheWorker() is { Length: > 0 } left)
        {
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"These have outlived their worker:{Environment.NewLine}{string.Join(Environment.NewLine, left)}");
            }

            // The end of a process that is not one's own child is told by no event.
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }
}

/// <summary>As on Linux.</summary>
[Collection(BrokerCollection.Name)]
public sealed class GuardedWorkerDeathTests(RabbitMqServer server) : WorkerDeathTests(server)
{
    protected override (string Algorithm, object Input)[] Runs => [("fault.loop", new { }), ("fault.deaf", new { }), ("fault.fork", new { hold = 600 })];

    protected override int ProcessesPerHost => 2;
}

/// <summary>As elsewhere: without a guard nothing sweeps what native code started, but the hosts end.</summary>
[Collection(BrokerCollection.Name)]
public sealed class UnguardedWorkerDeathTests(RabbitMqServer server) : WorkerDeathTests(server)
{
    protected override (string Name, string Value)[] Settings => [.. base.Settings, ("NativeHosts__GuardPath", "")];

    protected override (string Algorithm, object Input)[] Runs => [("fault.loop", new { }), ("fault.deaf", new { })];

    protected override int ProcessesPerHost => 1;
}
