using TaskPipeline.Contracts;

namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>A task of a trace.</summary>
/// <param name="arrival">When it is submitted, in seconds.</param>
/// <param name="work">What it takes on a processor of its own, in seconds.</param>
/// <param name="isShort">Whether it is a short one.</param>
/// <param name="judgedShort">Whether it is taken for one.</param>
/// <param name="client">Whose it is.</param>
internal sealed class SimTask(double arrival, double work, bool isShort, bool judgedShort, int client)
{
    public double Arrival { get; } = arrival;

    public double Work { get; } = work;

    public bool IsShort { get; } = isShort;

    public int Client { get; } = client;

    /// <summary>The run time that is predicted: the middle of the octave, as classes of runs are an octave wide; for one that is misjudged that of what it is taken for.</summary>
    public double Predicted { get; } = isShort == judgedShort ? Math.Sqrt(2) * Math.Pow(2, Math.Floor(Math.Log2(work))) : judgedShort ? 1 : 64;

    public Lane Lane { get; } = judgedShort ? Lane.Short : Lane.Long;

    /// <summary>The wait that its place was expected to mean; null while nothing could be said.</summary>
    public double? Expected { get; set; }

    /// <summary>The wait that it was told; null while nothing could be said.</summary>
    public double? Told { get; set; }
}
