using System.Threading.Channels;

namespace TaskPipeline.Algorithm.Tests.NativeHosts;

/// <summary>Gives to each read the next chunk, whole if it fits, as a pipe may.</summary>
internal sealed class ChunkStream : Stream
{
    private readonly Channel<byte[]> _chunks = Channel.CreateUnbounded<byte[]>();
    private TaskCompletionSource _emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ReadOnlyMemory<byte> _left;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void Add(byte[] chunk)
    {
        _emptied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.True(_chunks.Writer.TryWrite(chunk));
    }

    public void End() => _chunks.Writer.Complete();

    /// <summary>Completes when the reader has taken the last chunk and asks for more.</summary>
    public Task EmptiedAsync() => _emptied.Task;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left.IsEmpty)
        {
            if (!_chunks.Reader.TryRead(out var next))
            {
                _emptied.TrySetResult();
                if (!await _chunks.Reader.WaitToReadAsync(cancellationToken))
                {
                    return 0;
                }

                next = await _chunks.Reader.ReadAsync(cancellationToken);
            }

            _left = next;
        }

        var count = Math.Min(buffer.Length, _left.Length);
        _left[..count].CopyTo(buffer);
        _left = _left[count..];
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
