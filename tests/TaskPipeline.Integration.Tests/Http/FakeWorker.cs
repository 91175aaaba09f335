using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Messages;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Integration.Tests.Http;

/// <summary>Reports to an API as a worker does.</summary>
internal sealed class FakeWorker(HttpClient http)
{
    public const string Name = "worker-of-the-tests";

    public static readonly AlgorithmDescription[] Algorithms =
    [
        new() { Name = "primes", Version = "1.0", Description = "Counts primes", ExpectedSeconds = 0.1 },
        new() { Name = "hello", Version = "1.0", Description = "Takes three seconds", ExpectedSeconds = 3, DefaultTimeoutSeconds = 20 },
    ];

    public Task AnnounceAsync() => ReportAsync(new AnnounceReport { Worker = Name, Slots = 4, Algorithms = Algorithms, Problems = [] });

    public Task<ReportVerdict> ClaimAsync(string id, int dispatch = 1, string claim = "claim", TaskMessage? message = null) =>
        ReportAsync(new StartedReport { Worker = Name, TaskId = Id(id), ClaimId = claim, Dispatch = dispatch, Message = message });

    public Task<ReportVerdict> ProgressAsync(string id, int percent, int sequence, string? stage = null, int attempt = 1) =>
        ReportAsync(new ProgressReport { Worker = Name, TaskId = Id(id), ClaimId = "claim", Attempt = attempt, Sequence = sequence, Percent = percent, Stage = stage });

    public Task<ReportVerdict> FinishAsync(
        string id, TaskOutcome outcome = TaskOutcome.Completed, bool retryable = false, string result = "{\"count\": 4}", TaskFailure? failure = null, TaskMessage? message = null) =>
        ReportAsync(new FinishedReport
        {
            Worker = Name,
            TaskId = Id(id),
            ClaimId = "claim",
            Attempt = 1,
            Sequence = 1_000_000,
            Outcome = outcome,
            Retryable = retryable,
            Result = outcome == TaskOutcome.Completed ? Encoding.UTF8.GetBytes(result) : default(ReadOnlyMemory<byte>?),
            Output = "printed",
            Failure = outcome is TaskOutcome.Completed or TaskOutcome.Cancelled ? null : failure ?? new TaskFailure { Kind = FailureKinds.Error, Message = "it failed" },
            Usage = new TaskUsage(0.015, 0.0125, 1_000_000),
            Message = message,
        });

    public async Task<ReportVerdict> ReportAsync(WorkerReport report) => (await ReportAllAsync(report))[0];

    public async Task<ReportVerdict[]> ReportAllAsync(params WorkerReport[] reports)
    {
        using var response = await PostAsync(JsonSerializer.SerializeToUtf8Bytes(reports, ContractsJsonContext.Default.WorkerReportArray));
        response.EnsureSuccessStatusCode();
        return JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(), ContractsJsonContext.Default.ReportVerdictArray)!;
    }

    public async Task<HttpResponseMessage> PostAsync(byte[] body, string? secret = ApiProcess.Secret)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, CallbackProtocol.Path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Authorization = secret is null ? null : new AuthenticationHeaderValue(CallbackProtocol.AuthenticationScheme, secret);
        return await http.SendAsync(request);
    }

    private static TaskId Id(string id) => TaskId.TryParse(id, out var parsed) ? parsed : throw new ArgumentException("not a task id", nameof(id));
}
