namespace TaskPipeline.Api.Storage;

/// <summary>The store cannot be reached now. Nothing is known to have been written; the caller may repeat.</summary>
public sealed class StoreUnavailableException : Exception
{
    public StoreUnavailableException()
        : this("The task store cannot be reached")
    {
    }

    public StoreUnavailableException(string message)
        : base(message)
    {
    }

    public StoreUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
