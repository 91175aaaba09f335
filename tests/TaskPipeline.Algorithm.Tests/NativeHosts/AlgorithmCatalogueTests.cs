using TaskPipeline.Algorithm.NativeHosts;

namespace TaskPipeline.Algorithm.Tests.NativeHosts;

public sealed class AlgorithmCatalogueTests
{
    [Fact]
    public async Task Load_BrokenLibrariesAmongGoodOnes_SkipsEachByName()
    {
        await using var hosts = new TestHosts(options =>
        {
            options.Libraries.Clear();
            options.Libraries.Add(NativeLayout.Libraries);
            options.Libraries.Add(NativeLayout.Faults);
            options.Libraries.Add("/nonexistent/lib.so");
        });

        await hosts.Catalogue.LoadAsync(CancellationToken.None);

        Assert.Contains("primes", hosts.Catalogue.Entries.Keys);
        Assert.Contains("fault.segfault", hosts.Catalogue.Entries.Keys);
        Assert.Collection(
            hosts.Catalogue.Problems,
            problem => Assert.Equal("libtp_broken_abi.so: it is built for ABI 99.0, this host has 1.0", problem),
            problem => Assert.Equal("libtp_broken_describe.so: describing it ended with SIGSEGV", problem),
            problem => Assert.StartsWith("libtp_broken_load.so: it cannot be loaded: ", problem, StringComparison.Ordinal),
            problem => Assert.Equal("libtp_broken_symbol.so: it does not export tp_library_describe", problem),
            problem => Assert.StartsWith("lib.so: it cannot be loaded: ", problem, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Load_LibraryThatIsThereTwice_KeepsTheFirst()
    {
        await using var hosts = new TestHosts(options =>
        {
            options.Libraries.Clear();
            options.Libraries.Add(TestHosts.Samples);
            options.Libraries.Add(NativeLayout.Libraries);
        });

        await hosts.Catalogue.LoadAsync(CancellationToken.None);

        Assert.All(hosts.Catalogue.Entries.Values, entry => Assert.Equal(TestHosts.Samples, entry.LibraryPath));
        Assert.Equal(hosts.Catalogue.Entries.Count, hosts.Catalogue.Problems.Count);
        Assert.Contains("libtp_samples.so: another library already has primes", hosts.Catalogue.Problems);
    }

    [Fact]
    public async Task Load_Algorithm_HasWhatTheLibrarySays()
    {
        await using var hosts = new TestHosts();

        await hosts.Catalogue.LoadAsync(CancellationToken.None);

        Assert.Equal(1, hosts.Catalogue.Entries["fault.exclusive"].MaxConcurrent);
        Assert.Equal("limit", hosts.Catalogue.Entries["primes"].Description.CostParameter);
        Assert.Equal(TestHosts.Faults, hosts.Catalogue.Entries["fault.exclusive"].LibraryPath);
    }
}
