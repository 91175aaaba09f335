using System.Reflection;
using TaskPipeline.ServiceDefaults.Telemetry;

namespace TaskPipeline.Telemetry.Tests;

public sealed class ObservabilityPageTests
{
    [Fact]
    public void Page_AgainstTheNames_ListsEveryAttribute()
    {
        var names = typeof(TelemetryNames).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.IsLiteral && !field.Name.EndsWith("Event", StringComparison.Ordinal))
            .Select(field => (string)field.GetRawConstantValue()!);

        Assert.Equal(names.Order(StringComparer.Ordinal), ObservabilityPage.Attributes.Order(StringComparer.Ordinal));
    }
}

[Collection(ObservedCollection.Name)]
public sealed class SpanPageTests(ObservedTopology topology)
{
    /// <summary>Client libraries name theirs; of those the page has the sources.</summary>
    [Fact]
    public async Task Page_AgainstWhatIsReceived_ListsEverySpanOfOurs()
    {
        await topology.SubmitAsync(new { algorithm = "fault.segfault", maxAttempts = 2 }, waitSeconds: 60);

        var received = await topology.Receiver.UntilAsync("every span of the page", telemetry => ObservabilityPage.Spans.All(row => telemetry.Spans.Any(span => Is(span.Name, row))));

        var ours = received.Spans.Where(span => span.Source.StartsWith("TaskPipeline.", StringComparison.Ordinal));
        Assert.All(ours, span => Assert.Contains(ObservabilityPage.Spans, row => Is(span.Name, row)));
    }

    private static bool Is(string name, string row) => row.EndsWith(" {algorithm}", StringComparison.Ordinal)
        ? name.StartsWith(row[..^"{algorithm}".Length], StringComparison.Ordinal)
        : name == row;
}
