using System.Buffers.Binary;
using System.Text;

namespace Appliance.Protocol;

/// <summary>Named files in pieces, so that none has to fit into one frame.</summary>
/// <remarks>Payload: 2-byte length of the name, name, 1 byte (1 on the last piece), bytes.</remarks>
public static class Blobs
{
    private const int PieceBytes = 4 << 20;

    public static async Task SendAsync(
        FrameStream frames, long request, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var nameBytes = Encoding.UTF8.GetBytes(name);
        do
        {
            var take = Math.Min(PieceBytes, content.Length);
            var payload = new byte[3 + nameBytes.Length + take];
            BinaryPrimitives.WriteUInt16LittleEndian(payload, (ushort)nameBytes.Length);
            nameBytes.CopyTo(payload, 2);
            payload[2 + nameBytes.Length] = take == content.Length ? (byte)1 : (byte)0;
            content[..take].Span.CopyTo(payload.AsSpan(3 + nameBytes.Length));
            await frames.WriteAsync(new Frame(FrameKind.Blob, request, payload), cancellationToken);
            content = content[take..];
        }
        while (content.Length > 0);
    }
}

/// <summary>Puts the pieces of named files together, within limits.</summary>
/// <param name="totalBytesMax">All files together; more is a broken protocol, not an allocation.</param>
public sealed class BlobCollector(long totalBytesMax)
{
    private const int FilesMax = 64;
    private const int NameLengthMax = 256;
    private readonly Dictionary<string, MemoryStream> _open = [];
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _done = [];
    private long _total;

    /// <summary>The files that are complete.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files => _done;

    /// <returns>The file's name when this piece completed it, else null.</returns>
    /// <exception cref="ProtocolException">A limit is passed or a piece is malformed.</exception>
    public string? Add(ReadOnlySpan<byte> payload)
    {
        var length = payload.Length >= 3 ? BinaryPrimitives.ReadUInt16LittleEndian(payload) : -1;
        if (length is < 1 or > NameLengthMax || payload.Length < length + 3)
        {
            throw new ProtocolException("a malformed piece of a file");
        }
        var name = Encoding.UTF8.GetString(payload.Slice(2, length));
        var bytes = payload[(length + 3)..];
        _total += bytes.Length;
        if (_total > totalBytesMax || _open.Count + _done.Count > FilesMax)
        {
            throw new ProtocolException($"files of more than {totalBytesMax} bytes, or more than {FilesMax} files");
        }
        if (!_open.TryGetValue(name, out var stream))
        {
            _open[name] = stream = new MemoryStream();
        }
        stream.Write(bytes);
        if (payload[2 + length] != 1)
        {
            return null;
        }
        _open.Remove(name);
        _done[name] = stream.GetBuffer().AsMemory(0, (int)stream.Length);
        return name;
    }

    /// <summary>Takes a complete file out, so that the same name can come again.</summary>
    public ReadOnlyMemory<byte> Take(string name)
    {
        _done.Remove(name, out var content);
        _total -= content.Length;
        return content;
    }
}
