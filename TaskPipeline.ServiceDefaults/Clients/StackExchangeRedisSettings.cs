namespace Microsoft.Extensions.Hosting;

/// <summary>The settings of the Redis client, as those of Aspire.StackExchange.Redis. Section <c>Aspire:StackExchange:Redis</c>.</summary>
public sealed class StackExchangeRedisSettings
{
    /// <summary>The configuration of StackExchange.Redis; <c>ConnectionStrings:{name}</c> wins over it.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Leaves the health check out.</summary>
    /// <value>The default is false.</value>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Leaves the tracing source out.</summary>
    /// <value>The default is false.</value>
    public bool DisableTracing { get; set; }
}
