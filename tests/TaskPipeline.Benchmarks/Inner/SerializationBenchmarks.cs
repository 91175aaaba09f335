using System.Text.Json;
using BenchmarkDotNet.Attributes;
using TaskPipeline.Api.Callbacks;
using TaskPipeline.Api.State;
using TaskPipeline.Api.Storage;
using TaskPipeline.Api.Tasks;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Benchmarks.Inner;

/// <summary>What is read and written as JSON for each task.</summary>
[MemoryDiagnoser]
public class SerializationBenchmarks
{
    private static readonly byte[] s_submission = """{"algorithm":"primes","input":{"limit":10}}"""u8.ToArray();
    private static readonly byte[] s_message = JsonSerializer.SerializeToUtf8Bytes(Samples.Message, ContractsJsonContext.Default.TaskMessage);
    private static readonly byte[] s_record = JsonSerializer.SerializeToUtf8Bytes(Samples.Pending, StorageJsonContext.Default.TaskRecord);
    private static readonly byte[] s_reports = JsonSerializer.SerializeToUtf8Bytes([Samples.Started, Samples.Finished], ContractsJsonContext.Default.WorkerReportArray);

    [Benchmark]
    public object? ReadSubmission() => SubmitRequestReader.Read(s_submission, DateTimeOffset.UnixEpoch).Request;

    [Benchmark]
    public byte[] WriteMessage() => JsonSerializer.SerializeToUtf8Bytes(Samples.Message, ContractsJsonContext.Default.TaskMessage);

    [Benchmark]
    public TaskMessage? ReadMessage() => JsonSerializer.Deserialize(s_message, ContractsJsonContext.Default.TaskMessage);

    [Benchmark]
    public byte[] WriteRecord() => JsonSerializer.SerializeToUtf8Bytes(Samples.Pending, StorageJsonContext.Default.TaskRecord);

    [Benchmark]
    public TaskRecord? ReadRecord() => JsonSerializer.Deserialize(s_record, StorageJsonContext.Default.TaskRecord);

    [Benchmark]
    public byte[] WriteReports() => JsonSerializer.SerializeToUtf8Bytes<WorkerReport[]>([Samples.Started, Samples.Finished], ContractsJsonContext.Default.WorkerReportArray);

    [Benchmark]
    public int ReadReports() => ReportBatchReader.Read(s_reports).Count;
}
