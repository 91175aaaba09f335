using TaskPipeline.Api.Storage;

namespace TaskPipeline.Integration.Tests.Storage;

/// <summary>A client that has just been made, or whose server was away, may not be connected yet, and the product does not wait for it.</summary>
internal static class Patience
{
    /// <summary>Asks until there is an answer.</summary>
    public static async Task AnsweredAsync(Func<Task> ask)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                await ask();
                return;
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
            }
        }
    }
}
