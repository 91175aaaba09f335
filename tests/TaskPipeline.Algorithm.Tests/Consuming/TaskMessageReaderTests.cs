using System.Text;
using System.Text.Json.Nodes;
using TaskPipeline.Algorithm.Consuming;

namespace TaskPipeline.Algorithm.Tests.Consuming;

public sealed class TaskMessageReaderTests
{
    private const string Good = """
        {"schema":1,"taskId":"01933b1e-7a57-7c3e-9f5a-6f0d8c1b2a3e","dispatch":1,"attempt":0,"lane":"short","createdAt":"2026-01-01T00:00:00Z",
        "publishedAt":"2026-01-01T00:00:00Z","input":{"limit":10},
        "submission":{"algorithm":"primes","priority":"normal","timeoutSeconds":50,"startBefore":"2026-01-08T00:00:00Z","maxAttempts":3}}
        """;

    [Fact]
    public void Read_AMessage_GivesItWithItsInputUnchanged()
    {
        var (message, problem) = TaskMessageReader.Read(Encoding.UTF8.GetBytes(Good));

        Assert.Null(problem);
        Assert.Equal(("primes", """{"limit":10}"""), (message!.Submission.Algorithm, Encoding.UTF8.GetString(message.Input.Span)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"schema\":1")]
    public void Read_NoMessage_GivesAReason(string body)
    {
        var (message, problem) = TaskMessageReader.Read(Encoding.UTF8.GetBytes(body));

        Assert.Null(message);
        Assert.False(string.IsNullOrEmpty(problem));
    }

    /// <summary>What would only fail later, when the task is granted already.</summary>
    [Theory]
    [InlineData("schema", "2", "schema")]
    [InlineData("dispatch", "0", "dispatch")]
    [InlineData("lane", "99", "lane")]
    [InlineData("lane", "\"nowhere\"", "lane")]
    [InlineData("taskId", "\"not-an-id\"", "taskId")]
    [InlineData("submission", "null", "submission")]
    [InlineData("submission.algorithm", "null", "algorithm")]
    [InlineData("submission.algorithm", "\"\"", "algorithm")]
    [InlineData("submission.timeoutSeconds", "0", "timeoutSeconds")]
    [InlineData("submission.timeoutSeconds", "1e300", "timeoutSeconds")]
    [InlineData("submission.noProgressTimeoutSeconds", "-1", "noProgressTimeoutSeconds")]
    public void Read_MemberThatNoRunCanUse_IsNamed(string member, string value, string named)
    {
        var root = JsonNode.Parse(Good)!;
        var (parent, name) = member.Split('.') is [var outer, var inner] ? (root[outer]!, inner) : (root, member);
        parent[name] = JsonNode.Parse(value);

        var (message, problem) = TaskMessageReader.Read(Encoding.UTF8.GetBytes(root.ToJsonString()));

        Assert.Null(message);
        Assert.Contains(named, problem, StringComparison.OrdinalIgnoreCase);
    }
}
