using System.Text;
using TaskPipeline.Api.Problems;
using TaskPipeline.Api.Tasks;

namespace TaskPipeline.Api.Tests;

public sealed class SubmitRequestReaderTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Read_OnlyTheAlgorithm_HasAnEmptyInput()
    {
        var (request, problem) = Read("""{"algorithm":"primes"}""");

        Assert.Null(problem);
        Assert.Equal("primes", request!.Algorithm);
        Assert.Equal("{}", Encoding.UTF8.GetString(request.Input.Span));
    }

    [Theory]
    [InlineData("""{}""", "algorithm")]
    [InlineData("""{"algorithm":null}""", "algorithm")]
    [InlineData("""{"algorithm":""}""", "algorithm")]
    [InlineData("""{"algorithm":"a\u0000"}""", "algorithm")]
    [InlineData("""{"algorithm":"a","input":[]}""", "input")]
    [InlineData("""{"algorithm":"a","input":{"x":"\ud800"}}""", "input")]
    [InlineData("""{"algorithm":"a","priority":"high"}""", "priority")]
    [InlineData("""{"algorithm":"a","timeoutSeconds":0}""", "timeoutSeconds")]
    [InlineData("""{"algorithm":"a","timeoutSeconds":86401}""", "timeoutSeconds")]
    [InlineData("""{"algorithm":"a","timeoutSeconds":"5"}""", "timeoutSeconds")]
    [InlineData("""{"algorithm":"a","noProgressTimeoutSeconds":-1}""", "noProgressTimeoutSeconds")]
    [InlineData("""{"algorithm":"a","maxAttempts":21}""", "maxAttempts")]
    [InlineData("""{"algorithm":"a","maxAttempts":1.5}""", "maxAttempts")]
    [InlineData("""{"algorithm":"a","startBefore":"2026-02-01T00:00:00"}""", "startBefore")]
    [InlineData("""{"algorithm":"a","startBefore":"2025-12-31T00:00:00Z"}""", "startBefore")]
    [InlineData("""{"algorithm":"a","notBefore":"2026-02-01T00:00:00Z","startBefore":"2026-01-02T00:00:00Z"}""", "startBefore")]
    [InlineData("""{"algorithm":"a","labels":{"":"x"}}""", "labels")]
    [InlineData("""{"algorithm":"a","labels":{"k":1}}""", "labels.k")]
    [InlineData("""{"algorithm":"a","extra":1}""", "extra")]
    public void Read_MemberAtFault_IsNamed(string body, string member)
    {
        var (request, problem) = Read(body);

        Assert.Null(request);
        Assert.Equal(ProblemType.Validation, problem!.Type);
        Assert.Contains(member, problem.Errors!.Keys);
    }

    [Theory]
    [InlineData("""{"algorithm":"a","algorithm":"b"}""")]
    [InlineData("""{"algorithm":""")]
    [InlineData("")]
    public void Read_NotJson_IsMalformed(string body) => Assert.Equal(ProblemType.MalformedJson, Read(body).Problem!.Type);

    [Fact]
    public void Read_NestedTooDeep_IsMalformed()
    {
        var body = $$"""{"algorithm":"a","input":{{string.Concat(Enumerable.Repeat("""{"x":""", 32))}}1{{new string('}', 32)}}}""";

        Assert.Equal(ProblemType.MalformedJson, Read(body).Problem!.Type);
    }

    private static (SubmitRequest? Request, Problem? Problem) Read(string body) => SubmitRequestReader.Read(Encoding.UTF8.GetBytes(body), s_now);
}
