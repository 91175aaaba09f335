using System.Globalization;
using TaskPipeline.NativeHost.Interop;

namespace TaskPipeline.NativeHost.Tests.Interop;

public sealed class StatmFileTests
{
    [Fact]
    public void Read_WhateverStandsUnderItsNumber_HasTheNumbersOfThisProcess()
    {
        var file = new StatmFile();
        Assert.True(IsStatm(file));

        // Native code closes what it does not know, and opens files of its own.
        var descriptor = DescriptorOfStatm();
        using (var other = File.OpenRead("/proc/self/cmdline"))
        {
            Assert.Equal(descriptor, Libc.dup2((int)other.SafeFileHandle.DangerousGetHandle(), descriptor));
            Assert.True(IsStatm(file));
        }

        Assert.Equal(0, Libc.close(descriptor));
        Assert.True(IsStatm(file));
        Assert.Equal(0, Libc.close(DescriptorOfStatm()));
        Assert.True(IsStatm(file));
        Assert.Equal(0, Libc.close(DescriptorOfStatm()));
    }

    // Seven numbers, the second the resident pages.
    private static bool IsStatm(StatmFile file)
    {
        Span<byte> buffer = stackalloc byte[StatmFile.MaxBytes];
        var numbers = System.Text.Encoding.ASCII.GetString(buffer[..file.Read(buffer)]).TrimEnd('\n').Split(' ');
        return numbers.Length == 7 && long.Parse(numbers[1], CultureInfo.InvariantCulture) > 1000;
    }

    private static int DescriptorOfStatm() => Directory.EnumerateFiles("/proc/self/fd")
        .Where(path => new FileInfo(path).LinkTarget is { } target && target.EndsWith("/statm", StringComparison.Ordinal))
        .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))
        .Single();
}
