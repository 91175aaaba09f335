namespace TaskPipeline.NativeHost.Interop;

/// <summary>A library cannot be used; the message says why in words for its author.</summary>
internal sealed class LibraryException(string message) : Exception(message);
