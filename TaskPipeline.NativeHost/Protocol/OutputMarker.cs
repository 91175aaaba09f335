namespace TaskPipeline.NativeHost.Protocol;

/// <summary>
/// The bytes that the host prints after a run on standard output and standard error, so that the worker can tell where the
/// output of one task ends: <c>00 'TPEND' token 00</c>. The token is random for each task; native code cannot print it by chance.
/// </summary>
internal static class OutputMarker
{
    public const int Bytes = 23;

    public static byte[] Format(Guid token)
    {
        var marker = new byte[Bytes];
        "\0TPEND"u8.CopyTo(marker);
        token.TryWriteBytes(marker.AsSpan(6));
        return marker;
    }
}
