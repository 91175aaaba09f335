using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text.Json;

namespace TaskPipeline.Deployment.Tests;

[TestCaseOrderer("TaskPipeline.Deployment.Tests.DrainLast", "TaskPipeline.Deployment.Tests")]
public sealed class PublishedWorkerTests(PublishedApplication application) : IClassFixture<PublishedApplication>
{
    private static readonly byte[] s_elf = [0x7F, (byte)'E', (byte)'L', (byte)'F'];

    [Theory]
    [InlineData("native/TaskPipeline.NativeHost")]
    [InlineData("native/bin/tp-guard")]
    [InlineData("native/lib/libtp_samples.so")]
    public void Folder_OfTheWorker_HasWhatIsNative(string path)
    {
        var file = Path.Combine(application.WorkerFolder, path);

        using var stream = File.OpenRead(file);
        var head = new byte[s_elf.Length];
        stream.ReadExactly(head);
        Assert.Equal(s_elf, head);
    }

    [Fact]
    public void Folder_OfTheWorker_HasNoFaultsAndNoDebugFiles()
    {
        Assert.False(Directory.Exists(Path.Combine(application.WorkerFolder, "native/faults")));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(application.WorkerFolder, "native"), "*.dbg", SearchOption.AllDirectories));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void Folder_OfTheWorker_CanBeReadByAllAndWrittenByNobodyElse()
    {
        const UnixFileMode Forbidden = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        Assert.All(Directory.EnumerateFiles(application.WorkerFolder, "*", SearchOption.AllDirectories), file =>
        {
            var mode = File.GetUnixFileMode(file);
            Assert.Equal(UnixFileMode.None, mode & Forbidden);
            Assert.True(mode.HasFlag(UnixFileMode.OtherRead));
        });
    }

    [Fact]
    public async Task Task_OnThePublishedApplication_Completes()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/tasks") { Content = JsonContent.Create(new { algorithm = "primes", input = new { limit = 1_000_000 } }) };
        request.Headers.Add("Prefer", "wait=30");

        using var response = await application.Api.SendAsync(request);

        var task = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("completed", task.GetProperty("status").GetString());
        Assert.Equal(78_498, task.GetProperty("result").GetProperty("count").GetInt32());
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/alive")]
    public async Task Probe_OfThePublishedWorker_Answers(string path)
    {
        using var response = await application.Worker.GetAsync(new Uri(path, UriKind.Relative));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Drain_WithoutTheSecret_IsRefused()
    {
        using var response = await application.Worker.PostAsync(new Uri("/drain", UriKind.Relative), content: null);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    /// <summary>Runs last: afterwards there is no worker.</summary>
    [Fact]
    public async Task Worker_ToldToDrain_EndsInOrder()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/drain");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", PublishedApplication.SharedSecret);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        using var response = await application.Worker.SendAsync(request, limit.Token);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await application.WorkerProcess.WaitForExitAsync(limit.Token);
        Assert.Equal(0, application.WorkerProcess.ExitCode);
    }
}
