using Microsoft.Extensions.Diagnostics.HealthChecks;
using RabbitMQ.Client;

namespace Microsoft.Extensions.Hosting;

/// <summary>Whether the broker accepts a connection; one connection is kept for the purpose. Thread safe.</summary>
internal sealed class RabbitMQHealthCheck(IConnectionFactory factory) : IHealthCheck, IAsyncDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private IConnection? _connection;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_connection is not { IsOpen: true })
            {
                if (_connection is not null)
                {
                    await _connection.DisposeAsync();
                }

                _connection = await factory.CreateConnectionAsync("health", cancellationToken);
            }

            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Whatever keeps the connection from opening is the answer to the question.
            return new HealthCheckResult(context.Registration.FailureStatus, "RabbitMQ cannot be reached", exception);
        }
        finally
        {
            _one.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        _one.Dispose();
    }
}
