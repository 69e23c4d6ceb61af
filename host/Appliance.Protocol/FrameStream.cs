using System.Buffers.Binary;

namespace Appliance.Protocol;

/// <summary>Frames over a byte stream; each side treats the other as hostile.</summary>
/// <remarks>Layout: 4-byte little-endian length of the payload, 1 byte kind, 8 bytes request, payload.</remarks>
public sealed class FrameStream(Stream stream) : IDisposable
{
    /// <summary>Longest payload: 16 MiB. Larger things travel as several blobs.</summary>
    public const int PayloadBytesMax = 16 << 20;
    private const int HeaderBytes = 13;
    private readonly SemaphoreSlim _writing = new(1, 1);

    /// <exception cref="ProtocolException">The length is out of range or the kind is unknown.</exception>
    /// <exception cref="EndOfStreamException">The other side is gone.</exception>
    public async Task<Frame> ReadAsync(CancellationToken cancellationToken)
    {
        var header = new byte[HeaderBytes];
        await stream.ReadExactlyAsync(header, cancellationToken);
        var length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length is < 0 or > PayloadBytesMax)
        {
            throw new ProtocolException($"a frame of {length} bytes, at most {PayloadBytesMax} are accepted");
        }
        var kind = (FrameKind)header[4];
        if (!Enum.IsDefined(kind))
        {
            throw new ProtocolException($"a frame of the unknown kind {header[4]}");
        }
        var payload = length == 0 ? [] : new byte[length];
        await stream.ReadExactlyAsync(payload, cancellationToken);
        return new Frame(kind, BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(5)), payload);
    }

    /// <exception cref="IOException">The other side is gone.</exception>
    public async Task WriteAsync(Frame frame, CancellationToken cancellationToken)
    {
        if (frame.Payload.Length > PayloadBytesMax)
        {
            throw new ArgumentException($"A frame holds at most {PayloadBytesMax} bytes.");
        }
        var header = new byte[HeaderBytes];
        BinaryPrimitives.WriteInt32LittleEndian(header, frame.Payload.Length);
        header[4] = (byte)frame.Kind;
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(5), frame.Request);
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await stream.WriteAsync(header, cancellationToken);
            await stream.WriteAsync(frame.Payload, cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose()
    {
        _writing.Dispose();
        stream.Dispose();
    }
}
