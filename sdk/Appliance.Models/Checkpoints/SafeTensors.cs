using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Models.Checkpoints;

/// <summary>An open safetensors file: its tensors are read one at a time, on demand.</summary>
public sealed unsafe class SafeTensors : IDisposable
{
    private readonly Dictionary<string, TensorSpan> _spans;
    private readonly long _bufferStart;
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly byte* _mapped;

    private SafeTensors(ReadOnlyMemory<byte> memory)
    {
        _memory = memory;
        (var tensors, Metadata, _bufferStart) = SafeTensorsHeader.Read(memory.Span, memory.Length);
        _spans = tensors.ToDictionary(t => t.Name);
    }

    private SafeTensors(string path)
    {
        var length = new FileInfo(path).Length;
        if (length < 8)
        {
            throw new SafeTensorsException("the file is shorter than its 8-byte length field");
        }
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _mapped);
        try
        {
            var start = new ReadOnlySpan<byte>(_mapped, (int)Math.Min(length, SafeTensorsHeader.HeaderBytesMax + 8));
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

    /// <summary>Maps a file into memory; pages are read when a tensor is.</summary>
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
        Bytes(span).CopyTo(tensor.bytes);
        return tensor;
    }

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
            stream.Write(tensor.cpu().contiguous().bytes);
        }
    }

    public void Dispose()
    {
        if (_mapped is not null)
        {
            _view!.SafeMemoryMappedViewHandle.ReleasePointer();
        }
        _view?.Dispose();
        _file?.Dispose();
    }

    private ReadOnlySpan<byte> Bytes(TensorSpan span) => _mapped is not null
        ? new ReadOnlySpan<byte>(_mapped + _bufferStart + span.Begin, checked((int)(span.End - span.Begin)))
        : _memory.Span.Slice(checked((int)(_bufferStart + span.Begin)), checked((int)(span.End - span.Begin)));

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
