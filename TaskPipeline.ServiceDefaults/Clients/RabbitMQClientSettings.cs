namespace Microsoft.Extensions.Hosting;

/// <summary>The settings of the RabbitMQ client, as those of Aspire.RabbitMQ.Client. Section <c>Aspire:RabbitMQ:Client</c>.</summary>
public sealed class RabbitMQClientSettings
{
    /// <summary>The AMQP URI; <c>ConnectionStrings:{name}</c> wins over it.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>How often the first connection is tried again.</summary>
    /// <value>The default is 5.</value>
    public int MaxConnectRetryCount { get; set; } = 5;

    /// <summary>Leaves the health check out.</summary>
    /// <value>The default is false.</value>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Leaves the tracing source out.</summary>
    /// <value>The default is false.</value>
    public bool DisableTracing { get; set; }
}
