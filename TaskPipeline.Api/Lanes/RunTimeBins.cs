namespace TaskPipeline.Api.Lanes;

/// <summary>
/// The bins of run times: a quarter of an octave wide, from a millisecond to a day, so that no quantile is off by more than 19 %.
/// Bin k holds what is over 1 ms × 2^((k−1)/4) and at most 1 ms × 2^(k/4).
/// </summary>
internal static class RunTimeBins
{
    public const int Count = 108;

    private const double First = 0.001;
    private const double PerOctave = 4;

    /// <summary>The bin of a run time; what is out of range goes to the nearest.</summary>
    public static int IndexOf(double seconds) =>
        seconds > First ? Math.Min(Count - 1, (int)Math.Ceiling((Math.Log2(seconds / First) * PerOctave) - 1e-9)) : 0;

    /// <summary>The longest run time of a bin, in seconds.</summary>
    public static double UpperEdge(int bin) => First * Math.Pow(2, bin / PerOctave);
}
