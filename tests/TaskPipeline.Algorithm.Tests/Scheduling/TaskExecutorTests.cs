using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TaskPipeline.Algorithm.Callbacks;
using TaskPipeline.Algorithm.Diagnostics;
using TaskPipeline.Algorithm.Scheduling;
using TaskPipeline.Algorithm.Tests.NativeHosts;
using TaskPipeline.Contracts.Callbacks;
using TaskPipeline.Contracts.Serialization;

namespace TaskPipeline.Algorithm.Tests.Scheduling;

public sealed class TaskExecutorTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Execute_SlotComesAfterTheCancel_IsGivenBackBeforeTheReportIsAnswered()
    {
        await using var hosts = new TestHosts();
        using var api = new HesitantApi();
        using var http = new HttpClient(api, disposeHandler: false);
        var options = new CallbackOptions { Address = "http://localhost:1", Secret = new string('s', 32), RequestLimit = s_limit };
        using var sender = new ReportSender(new CallbackClient(http, Options.Create(options)), TimeProvider.System, NullLogger<ReportSender>.Instance);
        using var running = new RunningTasks();
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var metrics = new AlgorithmMetrics(services.GetRequiredService<IMeterFactory>(), running, Options.Create(new WorkerOptions()));
        var executor = new TaskExecutor(sender, new WorkerIdentity(), running, hosts.Catalogue, hosts.Runner, metrics, NullLogger<TaskExecutor>.Instance);
        await sender.StartAsync(CancellationToken.None);
        var message = TestHosts.NewTask("fault.error").Message;
        var (awaited, slot) = (new TaskCompletionSource<IRunSlot?>(), new LateSlot());

        var execution = executor.ExecuteAsync(new Delivery(message, () => Task.CompletedTask), awaited.Task);
        running.Cancel(message.TaskId);
        await api.EndReported.WaitAsync(s_limit);
        awaited.SetResult(slot);
        await slot.GivenBack.WaitAsync(s_limit);

        Assert.False(execution.IsCompleted);
        api.Answer();
        await execution.WaitAsync(s_limit);
        await sender.StopAsync(CancellationToken.None);
    }

    private sealed class LateSlot : IRunSlot
    {
        private readonly TaskCompletionSource _givenBack = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TimeSpan? DemotedFor => null;

        public Task GivenBack => _givenBack.Task;

        public void Dispose() => _givenBack.TrySetResult();
    }

    /// <summary>Grants every claim at once, and answers the report of an end only when it is told to.</summary>
    private sealed class HesitantApi : HttpMessageHandler
    {
        private readonly TaskCompletionSource _endReported = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task EndReported => _endReported.Task;

        public void Answer() => _answer.SetResult();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var reports = await request.Content!.ReadFromJsonAsync(ContractsJsonContext.Default.WorkerReportArray, cancellationToken);
            if (reports!.Any(report => report is FinishedReport))
            {
                _endReported.TrySetResult();
                await _answer.Task.WaitAsync(cancellationToken);
            }

            ReportVerdict[] verdicts = [.. reports!.Select(report => report is StartedReport
                ? new ReportVerdict { Kind = VerdictKind.Granted, Attempt = 1, LeaseSeconds = 10 }
                : new ReportVerdict { Kind = VerdictKind.Stored })];
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = JsonContent.Create(verdicts, ContractsJsonContext.Default.ReportVerdictArray) };
        }
    }
}
