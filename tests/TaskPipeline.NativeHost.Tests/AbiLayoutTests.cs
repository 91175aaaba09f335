using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using TaskPipeline.NativeHost.Interop;
using TaskPipeline.NativeHost.Protocol;

namespace TaskPipeline.NativeHost.Tests;

/// <summary>The layout is asserted by the C compiler in native/tests/header_check.c; here the host's structures are held against the same lines.</summary>
public sealed partial class AbiLayoutTests
{
    private static readonly string s_asserted = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "header_check.c"));

    private static readonly Dictionary<string, Type> s_structures = new Type[] { typeof(tp_host_functions), typeof(tp_context), typeof(tp_algorithm), typeof(tp_library) }
        .ToDictionary(type => type.Name);

    [Fact]
    public void Sizes_AreThoseOfTheHeader()
    {
        var asserted = SizeLine().Matches(s_asserted).ToDictionary(match => match.Groups["type"].Value, match => Number(match));

        Assert.Equal(
            asserted.OrderBy(pair => pair.Key, StringComparer.Ordinal),
            new Dictionary<string, int>
            {
                ["tp_algorithm"] = Unsafe.SizeOf<tp_algorithm>(),
                ["tp_context"] = Unsafe.SizeOf<tp_context>(),
                ["tp_host_functions"] = Unsafe.SizeOf<tp_host_functions>(),
                ["tp_library"] = Unsafe.SizeOf<tp_library>(),
            }.OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void Offsets_AreThoseOfTheHeader()
    {
        var asserted = OffsetLine().Matches(s_asserted).Select(match => (match.Groups["type"].Value, match.Groups["member"].Value, Number(match))).ToList();

        var own = s_structures.Values.SelectMany(type => type.GetFields().Select(field => (type.Name, field.Name, (int)Marshal.OffsetOf(type, field.Name))));

        Assert.Equal(asserted.Order(), own.Order());
    }

    [Fact]
    public void Version_IsThatOfTheHeader() => Assert.Contains(
        string.Create(CultureInfo.InvariantCulture, $"TP_ABI_VERSION == 0x{TpAbi.Version:x8}"), s_asserted, StringComparison.Ordinal);

    [Theory]
    [InlineData("TP_OK", (int)HostStatus.Ok)]
    [InlineData("TP_ERROR", (int)HostStatus.Error)]
    [InlineData("TP_RETRYABLE_ERROR", (int)HostStatus.RetryableError)]
    [InlineData("TP_INVALID_INPUT", (int)HostStatus.InvalidInput)]
    [InlineData("TP_STOPPED", (int)HostStatus.Stopped)]
    public void Statuses_AreThoseOfTheHeader(string name, int value) => Assert.Contains(
        string.Create(CultureInfo.InvariantCulture, $"{name} == {value}"), s_asserted, StringComparison.Ordinal);

    private static int Number(Match match) => int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);

    /// <summary><c>_Static_assert(sizeof(tp_context) == 8, "tp_context");</c></summary>
    [GeneratedRegex(@"sizeof\((?<type>\w+)\) == (?<number>\d+)")]
    private static partial Regex SizeLine();

    /// <summary><c>OFFSET(tp_context, host, 0);</c></summary>
    [GeneratedRegex(@"OFFSET\((?<type>tp_\w+), (?<member>\w+), (?<number>\d+)\);")]
    private static partial Regex OffsetLine();
}
