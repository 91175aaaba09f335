using Xunit.Abstractions;
using Xunit.Sdk;

namespace TaskPipeline.Deployment.Tests;

/// <summary>By name: what ends the shared worker is called so that it comes last.</summary>
public sealed class DrainLast : ITestCaseOrderer
{
    /// <inheritdoc/>
    public IEnumerable<TTestCase> OrderTestCases<TTestCase>(IEnumerable<TTestCase> testCases)
        where TTestCase : ITestCase => testCases.OrderBy(test => test.TestMethod.Method.Name, StringComparer.Ordinal);
}
