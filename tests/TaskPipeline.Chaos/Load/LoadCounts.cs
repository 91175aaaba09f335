using System.Globalization;

namespace TaskPipeline.Chaos.Load;

/// <summary>What clients met. Thread safe.</summary>
internal sealed class LoadCounts
{
    private int _unavailable;
    private int _cut;
    private int _repeated;
    private int _resumed;
    private long _slowest;

    /// <summary>Answers with 503.</summary>
    public int Unavailable => _unavailable;

    /// <summary>Requests without an answer: refused or cut.</summary>
    public int Cut => _cut;

    public void CountUnavailable() => Interlocked.Increment(ref _unavailable);

    public void CountCut() => Interlocked.Increment(ref _cut);

    /// <summary>A submission was sent again with its key.</summary>
    public void CountRepeated() => Interlocked.Increment(ref _repeated);

    /// <summary>A stream of events was opened again.</summary>
    public void CountResumed() => Interlocked.Increment(ref _resumed);

    /// <summary>An answer that was not asked to wait took so long.</summary>
    public void Took(TimeSpan time)
    {
        var ticks = time.Ticks;
        for (var seen = Interlocked.Read(ref _slowest); ticks > seen; seen = Interlocked.Read(ref _slowest))
        {
            Interlocked.CompareExchange(ref _slowest, ticks, seen);
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{_unavailable} answers 503, {_cut} requests cut, {_repeated} submissions repeated, {_resumed} streams resumed, slowest answer {TimeSpan.FromTicks(_slowest).TotalSeconds:0.0} s");
}
