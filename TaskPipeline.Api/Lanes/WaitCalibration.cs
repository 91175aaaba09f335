namespace TaskPipeline.Api.Lanes;

/// <summary>
/// What the expectations of one lane proved worth: for each octave of expected wait a histogram of actual ÷ expected wait, from which a wait is told
/// that the wanted share of tasks does not exceed. Both waits are taken a tenth of a second longer, the time that a start takes at the least. Decays
/// as <see cref="RunTimeHistogram"/> does. Not thread safe.
/// </summary>
internal sealed class WaitCalibration
{
    public const int Octaves = 24;
    public const int Ratios = 49;

    /// <summary>Each octave holds so many waits at the most; then all of its counts are halved.</summary>
    public const int MaxWaits = 512;

    /// <summary>What is assumed before anything is known: that a wait takes twice as long as expected.</summary>
    private const double AssumedRatio = 2;
    private const double AssumedWaits = 3;
    private const double Least = 0.1;
    private const double PerOctave = 4;
    private const int Middle = Ratios / 2;

    private readonly double[,] _counts = new double[Octaves, Ratios];

    /// <summary>The octave of an expected wait.</summary>
    public static int OctaveOf(double expectedSeconds) =>
        Math.Clamp((int)Math.Floor(Math.Log2((expectedSeconds + Least) / Least)), 0, Octaves - 1);

    /// <summary>The bin of an actual wait against the expected one.</summary>
    public static int RatioOf(double expectedSeconds, double actualSeconds) =>
        Math.Clamp(Middle + (int)Math.Ceiling((Math.Log2((Math.Max(0, actualSeconds) + Least) / (expectedSeconds + Least)) * PerOctave) - 1e-9), 0, Ratios - 1);

    public void Add(int octave, int ratio, double waits = 1)
    {
        _counts[octave, ratio] += waits;
        if (Sum(octave) < MaxWaits)
        {
            return;
        }

        for (var n = 0; n < Ratios; n++)
        {
            _counts[octave, n] = Math.Floor(_counts[octave, n] / 2);
        }
    }

    /// <summary>The wait that the share <paramref name="quantile"/> of tasks does not exceed, in seconds.</summary>
    public double Told(double expectedSeconds, double quantile)
    {
        // Between the middles of two octaves, so that a place further back is not told less because it falls into the next octave.
        var place = Math.Clamp(Math.Log2((expectedSeconds + Least) / Least) - 0.5, 0, Octaves - 1.001);
        var octave = (int)place;
        var part = place - octave;
        var ratio = ((1 - part) * Ratio(octave, quantile)) + (part * Ratio(octave + 1, quantile));
        return Math.Max(0, ((expectedSeconds + Least) * Math.Pow(2, ratio)) - Least);
    }

    /// <summary>The binary logarithm of the quantile of the ratio.</summary>
    private double Ratio(int octave, double quantile)
    {
        const int Assumed = Middle + (int)(PerOctave * (AssumedRatio - 1));
        var total = Sum(octave) + AssumedWaits;
        var sum = 0.0;
        for (var n = 0; n < Ratios; n++)
        {
            sum += _counts[octave, n] + (n == Assumed ? AssumedWaits : 0);
            if (sum >= quantile * total)
            {
                return (n - Middle) / PerOctave;
            }
        }

        return (Ratios - 1 - Middle) / PerOctave;
    }

    private double Sum(int octave)
    {
        var sum = 0.0;
        for (var n = 0; n < Ratios; n++)
        {
            sum += _counts[octave, n];
        }

        return sum;
    }
}
