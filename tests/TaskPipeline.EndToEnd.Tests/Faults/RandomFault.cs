namespace TaskPipeline.EndToEnd.Tests.Faults;

/// <summary>The dice of <c>native/faults/random.c</c>: the same seed has the same fate there and here.</summary>
internal static class RandomFault
{
    /// <summary>How a run ends, as failures say it; null when it survives.</summary>
    public static string? FateOf(ulong seed, double probability)
    {
        if ((Draw(ref seed) >> 11) / (double)(1UL << 53) >= probability)
        {
            return null;
        }

        return (Draw(ref seed) % 3) switch
        {
            0 => "was ended by SIGSEGV",
            1 => "was ended by SIGABRT",
            _ => "ended with exit code 3",
        };
    }

    /// <summary>splitmix64.</summary>
    private static ulong Draw(ref ulong seed)
    {
        unchecked
        {
            var z = seed += 0x9e3779b97f4a7c15UL;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9UL;
            z = (z ^ (z >> 27)) * 0x94d049bb133111ebUL;
            return z ^ (z >> 31);
        }
    }
}
