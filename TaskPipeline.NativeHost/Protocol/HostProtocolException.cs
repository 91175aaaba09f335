namespace TaskPipeline.NativeHost.Protocol;

/// <summary>The other end sent something that the protocol does not allow. The channel is unusable from here on: end the host.</summary>
internal sealed class HostProtocolException(string message) : Exception(message);
