using Microsoft.Extensions.Options;

namespace TaskPipeline.Api.Draining;

/// <summary>
/// The first thing of a stop: for a moment everything goes on but the health, so that whoever distributes requests can look
/// elsewhere before this replica stops to listen. Waits and event streams end at once; then the server stops, with the requests
/// that it has, then timers, then the broker session.
/// </summary>
internal sealed class DrainService(IOptions<DrainOptions> options, TimeProvider time) : IHostedLifecycleService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken) =>
        await Task.Delay(options.Value.Notice, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
