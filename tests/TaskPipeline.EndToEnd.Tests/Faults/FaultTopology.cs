using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using TaskPipeline.AppHost.Launcher;
using TaskPipeline.Testing;

namespace TaskPipeline.EndToEnd.Tests.Faults;

/// <summary>The application with one worker, the fault library and tight limits, shared by everything that breaks native code.</summary>
public sealed class FaultTopology : RunningTopology, IDisposable
{
    /// <summary>One for the neighbour, the others for the faults.</summary>
    public const int Slots = 6;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tp-faults-");

    /// <summary>A folder for the files of tests.</summary>
    public string Folder => _folder.FullName;

    /// <summary>Where the worker keeps the folders of its hosts: the command of each host names it.</summary>
    public string WorkFolder => Path.Combine(Folder, "work");

    /// <summary>The process of the worker.</summary>
    public int WorkerProcess => Topology.Workers[0].Id!.Value;

    internal override LauncherOptions Options => new()
    {
        Workers = 1,
        Slots = Slots,
        Faults = true,
        Settings = new Dictionary<string, string>(FaultCases.Limits.Select(limit =>
            KeyValuePair.Create($"NativeHosts__{limit.Key}", limit.Value.ToString(CultureInfo.InvariantCulture))))
        {
            ["NativeHosts__WorkDirectory"] = WorkFolder,
            ["NativeHosts__StopGrace"] = "00:00:00.4",
        },
    };

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>What <c>GET /workers</c> says of the one worker.</summary>
    public async Task<JsonElement> WorkerAsync() =>
        (await Http.GetFromJsonAsync<JsonElement>(new Uri("/workers", UriKind.Relative))).GetProperty("items").EnumerateArray().Single();

    /// <summary>The guards and hosts that the worker has.</summary>
    public IReadOnlyList<ProcessTable.Entry> Hosts() => ProcessTable.Read().DescendantsOf(WorkerProcess);

    /// <summary>Every process that was started for the worker, wherever it is now.</summary>
    public IReadOnlyList<ProcessTable.Entry> Started() => [.. ProcessTable.Read().Naming(WorkFolder)];
}

/// <summary>One after the other: each wants the worker for itself.</summary>
[CollectionDefinition(Name)]
public sealed class FaultCollection : ICollectionFixture<FaultTopology>
{
    public const string Name = "Faults";
}
