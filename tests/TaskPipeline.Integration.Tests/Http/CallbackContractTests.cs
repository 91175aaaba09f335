using System.Net;
using System.Text;
using System.Text.Json;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Integration.Tests.Http;

/// <summary>What <c>/callbacks</c> promises to workers, and to everybody else.</summary>
[Collection(ApiGroup.Name)]
public sealed class CallbackContractTests(ApiFixture api)
{
    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task AnyMethod_WithoutCredentials_Is401BeforeAnythingElse(string method)
    {
        foreach (var path in new[] { "/callbacks", "/callbacks/", "/Callbacks", "/callbacks/more", "/%63allbacks" })
        {
            using var response = await api.Http.SendAsync(new HttpMethod(method), path, method == "GET" ? null : new StringContent("nonsense"));

            await HttpAssert.ProblemAsync(response, 401, "unauthorized");
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
        }
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer wrong")]
    [InlineData($"Basic {ApiProcess.Secret}")]
    [InlineData(ApiProcess.Secret)]
    [InlineData($"Bearer {ApiProcess.Secret}, Bearer {ApiProcess.Secret}")]
    public async Task Post_WrongCredentials_Is401(string authorization)
    {
        using var response = await api.Http.SendAsync(HttpMethod.Post, "/callbacks", HttpAssert.Json("[]"), ("Authorization", authorization));

        await HttpAssert.ProblemAsync(response, 401, "unauthorized");
    }

    [Fact]
    public async Task Post_OversizedWithoutCredentials_Is401()
    {
        using var response = await api.Worker.PostAsync(new byte[9 * 1024 * 1024], secret: null);

        await HttpAssert.ProblemAsync(response, 401, "unauthorized");
    }

    [Fact]
    public async Task Post_OverEightMebibytes_Is413()
    {
        using var fits = await api.Worker.PostAsync([(byte)'[', .. Enumerable.Repeat((byte)' ', (8 * 1024 * 1024) - 2), (byte)']']);
        using var not = await api.Worker.PostAsync([(byte)'[', .. Enumerable.Repeat((byte)' ', (8 * 1024 * 1024) - 1), (byte)']']);

        Assert.Equal("[]", await fits.Content.ReadAsStringAsync());
        await HttpAssert.ProblemAsync(not, 413, "body-too-large");
    }

    [Fact]
    public async Task Get_WithCredentials_Is405()
    {
        using var response = await api.Http.SendAsync(HttpMethod.Get, "/callbacks", headers: ("Authorization", $"Bearer {ApiProcess.Secret}"));

        await HttpAssert.ProblemAsync(response, 405, "method-not-allowed");
        Assert.Contains("POST", response.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1,")]
    [InlineData("nonsense")]
    public async Task Post_NoArray_IsMalformed(string body)
    {
        using var response = await api.Worker.PostAsync(Encoding.UTF8.GetBytes(body));

        await HttpAssert.ProblemAsync(response, 400, "malformed-json");
    }

    [Fact]
    public async Task Post_BadReportsAmongGoodOnes_CostNobodyElseHisVerdict()
    {
        var id = await api.Http.SubmittedAsync();
        var good = $"{{\"type\":\"started\",\"worker\":\"w\",\"taskId\":\"{id}\",\"claimId\":\"claim\",\"dispatch\":1}}";
        var beat = "{\"type\":\"heartbeat\",\"worker\":\"w\",\"busy\":0,\"running\":null}";
        var deep = $"{{\"type\":\"x\",\"y\":{new string('[', 2_000)}{new string(']', 2_000)}}}";

        using var response = await api.Worker.PostAsync(Encoding.UTF8.GetBytes($"[{beat}, null, {deep}, {good}, {{}}, 7]"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var kinds = (await HttpAssert.BodyAsync(response)).EnumerateArray().Select(verdict => verdict.GetProperty("kind").GetString());
        Assert.Equal(["invalid", "invalid", "invalid", "granted", "invalid", "invalid"], kinds);
    }

    [Fact]
    public async Task Claim_AskedAgain_GetsTheSameAnswerFromTheOtherReplica()
    {
        var id = await api.Http.SubmittedAsync();
        var first = await api.Worker.ClaimAsync(id);

        var again = await new FakeWorker(api.Other).ClaimAsync(id);

        Assert.Equal(JsonSerializer.Serialize(first), JsonSerializer.Serialize(again));
        Assert.Equal(1, (await api.Http.TaskAsync(id)).GetProperty("attempt").GetInt32());
        Assert.Equal(VerdictKind.Busy, (await api.Worker.ClaimAsync(id, claim: "another")).Kind);
    }

    [Fact]
    public async Task Heartbeat_OfAWorkerNobodyKnows_AsksItToAnnounceItself()
    {
        var stranger = new HeartbeatReport { Worker = $"stranger-{Guid.NewGuid()}", Busy = 0, Running = [] };
        Assert.True((await api.Worker.ReportAsync(stranger)).Announce);

        await api.Worker.ReportAsync(new AnnounceReport { Worker = stranger.Worker, Slots = 3, Algorithms = FakeWorker.Algorithms, Problems = ["lib.so: no symbol"] });
        Assert.False((await api.Worker.ReportAsync(stranger with { Busy = 2 })).Announce);

        using var response = await api.Other.GetAsync(HttpAssert.Path("/workers"));
        var worker = Assert.Single((await HttpAssert.BodyAsync(response)).GetProperty("items").EnumerateArray(), item => item.GetProperty("id").GetString() == stranger.Worker);
        Assert.Equal(["id", "slots", "busy", "algorithms", "problems", "lastSeenAt"], worker.EnumerateObject().Select(member => member.Name).Take(6));
        Assert.Equal((3, 2), (worker.GetProperty("slots").GetInt32(), worker.GetProperty("busy").GetInt32()));
        Assert.Equal("lib.so: no symbol", worker.GetProperty("problems")[0].GetString());

        await api.Worker.ReportAsync(stranger with { Draining = true });
        Assert.DoesNotContain(stranger.Worker, await api.Http.GetStringAsync(HttpAssert.Path("/workers")), StringComparison.Ordinal);
    }
}
