using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Appliance.Models.Importing;

/// <summary>A file was refused; the reason says which part and what was expected.</summary>
public sealed class ImportException(string reason) : Exception($"The file cannot be imported: {reason}.");

/// <summary>How a GGUF file stores a tensor's numbers; the values are the format's.</summary>
public enum GgufType
{
    F32 = 0,
    F16 = 1,

    /// <summary>Blocks of 32 signed bytes with one 16-bit scale.</summary>
    Q8_0 = 8,
}

/// <summary>One tensor of a GGUF file.</summary>
/// <param name="Shape">Rows first, as everywhere here; the file has it the other way round.</param>
/// <param name="Offset">From the start of the data.</param>
public sealed record GgufTensor(string Name, GgufType Type, long[] Shape, long Offset)
{
    internal long Elements => Shape.Aggregate(1L, (a, b) => checked(a * b));

    internal long Bytes => Type switch
    {
        GgufType.F32 => checked(Elements * 4),
        GgufType.F16 => checked(Elements * 2),
        _ => Elements / GgufFile.BlockElements * GgufFile.BlockBytes,
    };
}

/// <summary>Reads GGUF files, versions 2 and 3: F32, F16 and Q8_0.</summary>
/// <remarks>Source: the format's description in the ggml project. Every length is held against the file before memory is taken.</remarks>
public sealed class GgufFile : IDisposable
{
    internal const int BlockElements = 32;
    internal const int BlockBytes = 34;
    private const int HeaderBytesMax = 64 << 20;
    internal const int ItemsMax = 1 << 22;
    private readonly SafeFileHandle _file;
    private readonly Dictionary<string, GgufTensor> _tensors;
    private readonly long _dataStart;

    private GgufFile(SafeFileHandle file, Dictionary<string, object> fields, Dictionary<string, GgufTensor> tensors, long dataStart) =>
        (_file, Fields, _tensors, _dataStart) = (file, fields, tensors, dataStart);

    /// <summary>Numbers as long or double, flags, texts, and lists of one of them as arrays.</summary>
    public IReadOnlyDictionary<string, object> Fields { get; }

    public IReadOnlyDictionary<string, GgufTensor> Tensors => _tensors;

    /// <exception cref="ImportException">Not a GGUF file, damaged, or of a type that is not read.</exception>
    public static GgufFile Open(string path)
    {
        var file = File.OpenHandle(path);
        try
        {
            var length = RandomAccess.GetLength(file);
            var head = new byte[Math.Min(length, HeaderBytesMax)];
            Fill(file, head, 0);
            var (fields, tensors, dataStart) = Parse(head, length);
            return new GgufFile(file, fields, tensors, dataStart);
        }
        catch (ImportException)
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads the head of a file: fields, tensors, and where the data begins.</summary>
    /// <exception cref="ImportException">Not a GGUF file, damaged, or of a type that is not read.</exception>
    internal static (Dictionary<string, object> Fields, Dictionary<string, GgufTensor> Tensors, long DataStart) Parse(ReadOnlySpan<byte> head, long fileBytes)
    {
        var reader = new GgufReader(head);
        if (!head.StartsWith("GGUF"u8))
        {
            throw new ImportException("it does not begin as a GGUF file does");
        }
        reader.Skip(4);
        var version = reader.UInt32();
        if (version is not (2 or 3))
        {
            throw new ImportException($"GGUF version {version} is not read, versions 2 and 3 are");
        }
        var (tensorCount, fieldCount) = (reader.Count(), reader.Count());
        var fields = new Dictionary<string, object>();
        for (var k = 0; k < fieldCount; k++)
        {
            var name = reader.Text();
            if (!fields.TryAdd(name, reader.Value(reader.UInt32(), 0)))
            {
                throw new ImportException("a field stands twice");
            }
        }
        var tensors = new Dictionary<string, GgufTensor>();
        for (var k = 0; k < tensorCount; k++)
        {
            var tensor = ReadTensor(ref reader);
            if (!tensors.TryAdd(tensor.Name, tensor))
            {
                throw new ImportException($"tensor {Printable(tensor.Name)} stands twice");
            }
        }
        var alignment = fields.TryGetValue("general.alignment", out var a) && a is long and > 0 and <= 4096 ? (long)a : 32;
        var start = (reader.At + alignment - 1) / alignment * alignment;
        foreach (var tensor in tensors.Values)
        {
            if (tensor.Offset % alignment != 0 || tensor.Offset > fileBytes - start || tensor.Bytes > fileBytes - start - tensor.Offset)
            {
                throw new ImportException($"tensor {Printable(tensor.Name)} reaches beyond the file's end: it is truncated");
            }
        }
        return (fields, tensors, start);
    }

    /// <summary>A tensor's numbers as float32.</summary>
    public float[] Read(string name)
    {
        var tensor = _tensors.TryGetValue(name, out var found) ? found : throw new ImportException($"tensor {Printable(name)} is missing");
        var bytes = new byte[tensor.Bytes];
        Fill(_file, bytes, _dataStart + tensor.Offset);
        var numbers = new float[tensor.Elements];
        switch (tensor.Type)
        {
            case GgufType.F32:
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(numbers);
                break;
            case GgufType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), numbers);
                break;
            default:
                for (var block = 0; block < numbers.Length / BlockElements; block++)
                {
                    var source = bytes.AsSpan(block * BlockBytes, BlockBytes);
                    var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
                    for (var k = 0; k < BlockElements; k++)
                    {
                        numbers[(block * BlockElements) + k] = (sbyte)source[2 + k] * scale;
                    }
                }
                break;
        }
        return numbers;
    }

    public void Dispose() => _file.Dispose();

    private static GgufTensor ReadTensor(ref GgufReader reader)
    {
        var name = reader.Text();
        var dimensions = reader.UInt32();
        if (dimensions is 0 or > 4)
        {
            throw new ImportException($"tensor {Printable(name)} has {dimensions} dimensions; 1 to 4 are read");
        }
        var shape = new long[dimensions];
        for (var d = (int)dimensions - 1; d >= 0; d--)
        {
            shape[d] = reader.Size();
        }
        var type = reader.UInt32();
        if (type is not (0 or 1 or 8))
        {
            throw new ImportException($"tensor {Printable(name)} is stored as type {type}; F32, F16 and Q8_0 are read: quantise the model to one of them");
        }
        var tensor = new GgufTensor(name, (GgufType)type, shape, reader.Size());
        try
        {
            _ = tensor.Bytes;
        }
        catch (OverflowException)
        {
            throw new ImportException($"tensor {Printable(name)} is larger than any file");
        }
        return tensor.Type == GgufType.Q8_0 && shape[^1] % BlockElements != 0
            ? throw new ImportException($"tensor {Printable(name)} is Q8_0 but its rows are no multiple of {BlockElements}")
            : tensor;
    }

    private static void Fill(SafeFileHandle file, Span<byte> target, long at)
    {
        for (var done = 0; done < target.Length;)
        {
            var n = RandomAccess.Read(file, target[done..], at + done);
            done += n > 0 ? n : throw new ImportException("the file became shorter while it was read");
        }
    }

    private static string Printable(string text) => new(text.Take(60).Select(c => char.IsControl(c) ? '?' : c).ToArray());
}
