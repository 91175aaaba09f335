using TaskPipeline.Testing;

namespace TaskPipeline.Integration.Tests.Consuming;

/// <summary>The broker that the tests of consuming share, each with a virtual host of its own.</summary>
[CollectionDefinition(Name)]
public sealed class BrokerCollection : ICollectionFixture<RabbitMqServer>
{
    public const string Name = "Broker";
}

/// <summary>A worker between a broker and a scripted API, for the tests of one class: each with tasks of its own.</summary>
public abstract class WorkerFixture(RabbitMqServer server) : IAsyncLifetime
{
    /// <summary>The server of the broker.</summary>
    protected RabbitMqServer Server => server;

    internal BrokerHost Broker { get; private set; } = null!;

    internal ScriptedApi Api { get; private set; } = null!;

    internal WorkerProcess Worker { get; private set; } = null!;

    /// <summary>How many queues each lane has in the broker.</summary>
    protected virtual int QueuesPerLane => 1;

    /// <summary>Settings of the worker beyond those of every test.</summary>
    protected virtual (string Name, string Value)[] Settings => [];

    public async Task InitializeAsync()
    {
        Broker = await BrokerHost.CreateAsync(server, QueuesPerLane);
        Api = await ScriptedApi.StartAsync();
        await StartWorkerAsync();
    }

    public async Task DisposeAsync()
    {
        await Worker.DisposeAsync();
        await Api.DisposeAsync();
        await Broker.DisposeAsync();
    }

    /// <summary>Starts a worker; the one before is dead or dies with the test.</summary>
    internal async Task StartWorkerAsync() => Worker = await WorkerProcess.StartAsync(Broker.Uri, Api.Address, Settings);
}
