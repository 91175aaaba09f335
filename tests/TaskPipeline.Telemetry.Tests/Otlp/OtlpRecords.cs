namespace TaskPipeline.Telemetry.Tests.Otlp;

/// <summary>A span as it was received.</summary>
internal sealed record OtlpSpan(
    string Service, string Source, string TraceId, string SpanId, string ParentId, string Name, ulong Kind, bool IsError,
    IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<OtlpEvent> Events, IReadOnlyList<string> Links);

/// <summary>An event of a span.</summary>
internal sealed record OtlpEvent(string Name, IReadOnlyDictionary<string, string> Attributes);

/// <summary>A line of a log.</summary>
internal sealed record OtlpLog(string Service, string Category, string Text, string TraceId, IReadOnlyDictionary<string, string> Attributes);

/// <summary>A metric, with the attributes of its points and the traces of its examples.</summary>
internal sealed record OtlpMetric(
    string Service, string Meter, string Name, string Unit, IReadOnlyList<IReadOnlyDictionary<string, string>> Points, IReadOnlyList<string> ExampleTraces);

/// <summary>Reads the bodies of OTLP requests. The numbers are those of opentelemetry-proto 1.x.</summary>
internal static class OtlpReader
{
    public static IEnumerable<OtlpSpan> Spans(byte[] body) =>
        from resource in new ProtobufMessage(body).Messages(1)
        let service = Service(resource)
        from scope in resource.Messages(2)
        let source = scope.Message(1)?.Text(1) ?? ""
        from span in scope.Messages(2)
        select new OtlpSpan(
            service, source, span.Hex(1), span.Hex(2), span.Hex(4), span.Text(5), span.Number(6) ?? 0, span.Message(15)?.Number(3) == 2, span.Attributes(9),
            [.. span.Messages(11).Select(@event => new OtlpEvent(@event.Text(2), @event.Attributes(3)))], [.. span.Messages(13).Select(link => link.Hex(2))]);

    public static IEnumerable<OtlpLog> Logs(byte[] body) =>
        from resource in new ProtobufMessage(body).Messages(1)
        let service = Service(resource)
        from scope in resource.Messages(2)
        let category = scope.Message(1)?.Text(1) ?? ""
        from line in scope.Messages(2)
        select new OtlpLog(service, category, line.Message(5)?.Any() ?? "", line.Hex(9), line.Attributes(6));

    public static IEnumerable<OtlpMetric> Metrics(byte[] body) =>
        from resource in new ProtobufMessage(body).Messages(1)
        let service = Service(resource)
        from scope in resource.Messages(2)
        let meter = scope.Message(1)?.Text(1) ?? ""
        from metric in scope.Messages(2)
        let numbers = metric.Messages(5).Concat(metric.Messages(7)).SelectMany(data => data.Messages(1)).ToArray()
        let histograms = metric.Messages(9).SelectMany(data => data.Messages(1)).ToArray()
        select new OtlpMetric(
            service, meter, metric.Text(1), metric.Text(3),
            [.. numbers.Select(point => point.Attributes(7)), .. histograms.Select(point => point.Attributes(9))],
            [.. histograms.SelectMany(point => point.Messages(8)).Select(example => example.Hex(5))]);

    private static string Service(ProtobufMessage resource) => resource.Message(1)?.Attributes(1).GetValueOrDefault("service.name") ?? "";
}
