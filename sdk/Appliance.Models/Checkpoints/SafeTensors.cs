using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Models.Checkpoints;

/// <summary>An open safetensors file: its tensors are read one at a time, on demand.</summary>
/// <remarks>
/// The file is read, not mapped: its bytes go straight into the tensor, so that nothing stands in memory twice, and a
/// file that shrinks under the reader is an error and not a signal that ends the process.
/// </remarks>
public sealed class SafeTensors : IDisposable
{
    private const int ChunkBytes = 4 << 20;
    private const long PieceBytes = 1L << 30;
    private readonly Dictionary<string, TensorSpan> _spans;
    private readonly long _bufferStart;
    private readonly SafeFileHandle? _file;
    private readonly ReadOnlyMemory<byte> _memory;

    private SafeTensors(ReadOnlyMemory<byte> memory)
    {
        _memory = memory;
        (var tensors, Metadata, _bufferStart) = SafeTensorsHeader.Read(memory.Span, memory.Length);
        _spans = tensors.ToDictionary(t => t.Name);
    }

    private SafeTensors(string path)
    {
        _file = File.OpenHandle(path);
        try
        {
            var length = RandomAccess.GetLength(_file);
            var prefix = new byte[8];
            var claimed = length >= 8 && RandomAccess.Read(_file, prefix, 0) == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(prefix) : 0;
            var start = new byte[Math.Min((ulong)length, Math.Min(claimed, SafeTensorsHeader.HeaderBytesMax) + 8)];
            Fill(start, 0);
            (var tensors, Metadata, _bufferStart) = SafeTensorsHeader.Read(start, length);
            _spans = tensors.ToDictionary(t => t.Name);
        }
        catch (SafeTensorsException)
        {
            Dispose();
            throw;
        }
    }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    public IReadOnlyCollection<TensorSpan> Tensors => _spans.Values;

    /// <summary>Opens a file and reads its header; tensors are read when they are asked for.</summary>
    /// <exception cref="SafeTensorsException">The file is truncated, malformed or hostile.</exception>
    public static SafeTensors Open(string path) => new(path);

    /// <summary>Reads a file that is in memory already, as the worker gets it.</summary>
    /// <exception cref="SafeTensorsException">The bytes are truncated, malformed or hostile.</exception>
    public static SafeTensors Parse(ReadOnlyMemory<byte> file) => new(file);

    /// <summary>A copy of one tensor on the CPU.</summary>
    /// <exception cref="KeyNotFoundException">The file has no tensor of that name.</exception>
    public Tensor Read(string name)
    {
        var span = _spans.TryGetValue(name, out var found)
            ? found
            : throw new KeyNotFoundException($"The checkpoint has no tensor '{name}'.");
        using var _ = no_grad();
        var tensor = empty(span.Shape, span.Type);
        Fill(span, tensor);
        return tensor;
    }

    /// <summary>Reads one tensor into memory that is there already, in that memory's element type.</summary>
    /// <param name="target">Same shape, contiguous, on the CPU. Halves and bfloat16 widen to float32 without a copy of the whole.</param>
    /// <exception cref="KeyNotFoundException">The file has no tensor of that name.</exception>
    public void ReadInto(string name, Tensor target)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var span = _spans[name];
        if (span.Type == target.dtype)
        {
            Fill(span, target);
        }
        else if (target.dtype == ScalarType.Float32 && span.Type is ScalarType.Float16 or ScalarType.BFloat16)
        {
            Widen(span, target);
        }
        else
        {
            target.copy_(Read(name));
        }
    }

    /// <summary>Where a tensor lies and what it is; null where the file has none of that name.</summary>
    public TensorSpan? Find(string name) => _spans.GetValueOrDefault(name);

    public bool Contains(string name) => _spans.ContainsKey(name);

    /// <summary>Writes tensors and text metadata as one safetensors file, in the order of their names.</summary>
    public static void Write(
        Stream stream, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var ordered = tensors.OrderBy(t => t.Key, StringComparer.Ordinal).ToArray();
        var header = Header(ordered, metadata);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var (_, tensor) in ordered)
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            WritePieces(stream, tensor.cpu().contiguous());
        }
    }

    // A span cannot be longer than 2 GiB: large tensors go in rows of their first dimension.
    private static void WritePieces(Stream stream, Tensor tensor)
    {
        var bytes = tensor.numel() * SafeTensorsHeader.ElementBytes(tensor.dtype);
        if (bytes <= PieceBytes || tensor.dim() == 0)
        {
            stream.Write(tensor.bytes);
            return;
        }
        var rows = tensor.shape[0];
        var step = Math.Max(1, rows * PieceBytes / bytes);
        for (var at = 0L; at < rows; at += step)
        {
            using var piece = tensor.narrow(0, at, Math.Min(step, rows - at)).DetachFromDisposeScope();
            stream.Write(piece.contiguous().bytes);
        }
    }

    public void Dispose() => _file?.Dispose();

    // Tensors above 1 GiB go in slices of their first dimension: a span of memory cannot be longer than 2 GiB.
    private void Fill(TensorSpan span, Tensor target)
    {
        Walk(span, target, span.Type, 1 << 30, (bytes, at) => Fill(bytes, at));
    }

    private void Widen(TensorSpan span, Tensor target)
    {
        var buffer = new byte[ChunkBytes];
        Walk(span, target, ScalarType.Float32, 1 << 30, (bytes, at) =>
        {
            var floats = MemoryMarshal.Cast<byte, float>(bytes);
            for (var done = 0; done < floats.Length; done += ChunkBytes / 2)
            {
                var n = Math.Min(ChunkBytes / 2, floats.Length - done);
                Fill(buffer.AsSpan(0, n * 2), at + (done * 2L));
                Widening.ToSingle(buffer.AsSpan(0, n * 2), floats.Slice(done, n), span.Type);
            }
        });
    }

    private delegate void Piece(Span<byte> bytes, long at);

    private void Walk(TensorSpan span, Tensor target, ScalarType type, long pieceBytes, Piece piece)
    {
        var (size, stored) = (SafeTensorsHeader.ElementBytes(type), SafeTensorsHeader.ElementBytes(span.Type));
        if (target.numel() * size <= pieceBytes || span.Shape.Length == 0)
        {
            piece(target.bytes, _bufferStart + span.Begin);
            return;
        }
        var row = target.numel() / span.Shape[0];
        var rows = Math.Max(1, pieceBytes / (row * size));
        for (var first = 0L; first < span.Shape[0]; first += rows)
        {
            using var part = target.narrow(0, first, Math.Min(rows, span.Shape[0] - first)).DetachFromDisposeScope();
            piece(part.bytes, _bufferStart + span.Begin + (first * row * stored));
        }
    }

    private void Fill(Span<byte> target, long at)
    {
        if (_file is null)
        {
            _memory.Span.Slice(checked((int)at), target.Length).CopyTo(target);
            return;
        }
        for (var done = 0; done < target.Length;)
        {
            var n = RandomAccess.Read(_file, target[done..], at + done);
            done += n > 0 ? n : throw new SafeTensorsException("the file became shorter while it was read");
        }
    }

    private static byte[] Header(KeyValuePair<string, Tensor>[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }
                json.WriteEndObject();
            }
            var next = 0L;
            foreach (var (name, tensor) in tensors)
            {
                if (!SafeTensorsHeader.IsName(name))
                {
                    throw new ArgumentException($"'{name}' cannot name a tensor in a safetensors file.");
                }
                json.WriteStartObject(name);
                json.WriteString("dtype", SafeTensorsHeader.NameOf(tensor.dtype));
                json.WriteStartArray("shape");
                foreach (var size in tensor.shape)
                {
                    json.WriteNumberValue(size);
                }
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(next);
                next += tensor.numel() * SafeTensorsHeader.ElementBytes(tensor.dtype);
                json.WriteNumberValue(next);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0)
        {
            buffer.WriteByte((byte)' '); // the buffer starts at a multiple of 8, as the reference writer has it
        }
        return buffer.ToArray();
    }
}
