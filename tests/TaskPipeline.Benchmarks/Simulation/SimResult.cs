namespace TaskPipeline.Benchmarks.Simulation;

/// <summary>What one policy made of one trace.</summary>
internal sealed class SimResult
{
    /// <summary>Waits of short tasks, in seconds.</summary>
    public List<float> Short { get; } = [];

    /// <summary>Waits of long tasks, in seconds.</summary>
    public List<float> Long { get; } = [];

    /// <summary>Waits of short tasks that were taken for short ones.</summary>
    public List<float> ShortAsShort { get; } = [];

    /// <summary>Waits of tasks of all clients but the greedy one, number 0.</summary>
    public List<float> Modest { get; } = [];

    /// <summary>The length of the long line (of the only one without lanes) in each quarter of the arrivals, on average.</summary>
    public double[] LongLine { get; } = new double[4];

    public int Told { get; set; }

    public int InTime { get; set; }

    public int Refused { get; set; }

    public int Demoted { get; set; }

    /// <summary>The reserve on average.</summary>
    public double Reserve { get; set; }

    public static double Quantile(List<float> waits, double quantile)
    {
        if (waits.Count == 0)
        {
            return double.NaN;
        }

        var sorted = waits.ToArray();
        Array.Sort(sorted);
        return sorted[Math.Min(sorted.Length - 1, (int)(quantile * sorted.Length))];
    }
}
