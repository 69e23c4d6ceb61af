using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using static TorchSharp.torch;

namespace Appliance.Models.Checkpoints;

/// <summary>Where one tensor lies in the buffer of a safetensors file.</summary>
/// <param name="Begin">First byte, counted from the start of the buffer.</param>
/// <param name="End">One past the last byte.</param>
public sealed record TensorSpan(string Name, ScalarType Type, long[] Shape, long Begin, long End);

/// <summary>Reads and checks the header of a safetensors file, before anything is allocated for its tensors.</summary>
/// <remarks>
/// Source: the format's own description (8-byte little-endian length, JSON, buffer; no hole, no overlap). Tighter on
/// purpose: header at most 8 MiB, 65,536 tensors, names of 256 characters without control or format
/// characters, no duplicate key.
/// </remarks>
public static class SafeTensorsHeader
{
    public const int HeaderBytesMax = 8 << 20;
    public const int TensorsMax = 65_536;
    private const int DimensionsMax = 8;
    private const int NameCharactersMax = 256;

    /// <param name="start">The file's first bytes, at least the whole header.</param>
    /// <param name="fileBytes">Length of the whole file.</param>
    /// <exception cref="SafeTensorsException">The file is truncated, malformed or hostile.</exception>
    public static (IReadOnlyList<TensorSpan> Tensors, IReadOnlyDictionary<string, string> Metadata, long BufferStart)
        Read(ReadOnlySpan<byte> start, long fileBytes)
    {
        if (fileBytes < 8 || start.Length < 8)
        {
            throw new SafeTensorsException("the file is shorter than its 8-byte length field");
        }
        var length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length > HeaderBytesMax)
        {
            throw new SafeTensorsException($"the header claims {length} bytes; at most {HeaderBytesMax} are accepted");
        }
        if ((long)length + 8 > fileBytes || (int)length + 8 > start.Length)
        {
            throw new SafeTensorsException("the file ends inside its header");
        }
        var metadata = new Dictionary<string, string>();
        var tensors = Parse(start.Slice(8, (int)length), metadata);
        CheckLayout(tensors, fileBytes - 8 - (long)length);
        return (tensors, metadata, 8 + (long)length);
    }

    // A name is never a path, so letters of any script and slashes may stand in it; what a terminal would obey may not.
    internal static bool IsName(string name) => name.Length is > 0 and <= NameCharactersMax && !name.Contains("..", StringComparison.Ordinal) && name.EnumerateRunes().All(r =>
        r != Rune.ReplacementChar && Rune.GetUnicodeCategory(r) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator));

    private static List<TensorSpan> Parse(ReadOnlySpan<byte> json, Dictionary<string, string> metadata)
    {
        var tensors = new List<TensorSpan>();
        var names = new HashSet<string>();
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
        try
        {
            Expect(ref reader, JsonTokenType.StartObject);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                if (!names.Add(name))
                {
                    throw new SafeTensorsException("a name stands twice in the header");
                }
                if (name == "__metadata__")
                {
                    ReadMetadata(ref reader, metadata);
                    continue;
                }
                if (!IsName(name))
                {
                    throw new SafeTensorsException("a tensor's name is empty, has control characters or two dots in a row, or is longer than 256");
                }
                if (tensors.Count == TensorsMax)
                {
                    throw new SafeTensorsException($"more than {TensorsMax} tensors");
                }
                tensors.Add(ReadTensor(ref reader, name));
            }
            if (reader.TokenType != JsonTokenType.EndObject || reader.Read())
            {
                throw new SafeTensorsException("the header is not one JSON object");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new SafeTensorsException("the header is not valid JSON of the safetensors shape");
        }
        return tensors;
    }

    private static TensorSpan ReadTensor(ref Utf8JsonReader reader, string name)
    {
        string? type = null;
        long[]? shape = null, offsets = null;
        Expect(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            switch (reader.GetString())
            {
                case "dtype" when type is null:
                    Expect(ref reader, JsonTokenType.String);
                    type = reader.GetString();
                    break;
                case "shape" when shape is null:
                    shape = ReadLongs(ref reader);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadLongs(ref reader);
                    break;
                default:
                    throw new SafeTensorsException($"tensor {name} has an unknown or repeated field");
            }
        }
        if (type is null || shape is null || offsets is not [>= 0, >= 0])
        {
            throw new SafeTensorsException($"tensor {name} needs dtype, shape and two data_offsets");
        }
        var span = new TensorSpan(name, TypeOf(name, type), shape, offsets[0], offsets[1]);
        var bytes = checked(shape.Aggregate(1L, (n, d) => checked(n * d)) * ElementBytes(span.Type));
        return bytes == span.End - span.Begin
            ? span
            : throw new SafeTensorsException($"tensor {name}: dtype and shape need {bytes} bytes, its span has {span.End - span.Begin}");
    }

    private static long[] ReadLongs(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartArray);
        var values = new List<long>();
        while (reader.Read() && reader.TokenType == JsonTokenType.Number)
        {
            var value = reader.GetInt64();
            if (value < 0 || values.Count == DimensionsMax)
            {
                throw new SafeTensorsException("a shape or offset is negative or too long");
            }
            values.Add(value);
        }
        return reader.TokenType == JsonTokenType.EndArray ? [.. values] : throw new SafeTensorsException("a list is malformed");
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, Dictionary<string, string> metadata)
    {
        Expect(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            Expect(ref reader, JsonTokenType.String);
            metadata[key] = reader.GetString()!;
        }
    }

    private static void CheckLayout(List<TensorSpan> tensors, long bufferBytes)
    {
        var next = 0L;
        foreach (var tensor in tensors.OrderBy(t => t.Begin).ThenBy(t => t.End))
        {
            if (tensor.Begin != next || tensor.End < tensor.Begin)
            {
                throw new SafeTensorsException($"tensor {tensor.Name} overlaps another or leaves a hole before it");
            }
            next = tensor.End;
        }
        if (next != bufferBytes)
        {
            throw new SafeTensorsException($"the tensors need {next} bytes, the file holds {bufferBytes}: it is truncated or padded");
        }
    }

    internal static long ElementBytes(ScalarType type) => type switch
    {
        ScalarType.Float64 or ScalarType.Int64 => 8,
        ScalarType.Float32 or ScalarType.Int32 => 4,
        ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Int16 => 2,
        _ => 1,
    };

    internal static string NameOf(ScalarType type) => Names.First(n => n.Value == type).Key;

    private static ScalarType TypeOf(string tensor, string type) =>
        Names.TryGetValue(type, out var found) ? found : throw new SafeTensorsException($"tensor {tensor} has an unknown dtype");

    private static readonly Dictionary<string, ScalarType> Names = new()
    {
        ["F64"] = ScalarType.Float64, ["F32"] = ScalarType.Float32, ["F16"] = ScalarType.Float16,
        ["BF16"] = ScalarType.BFloat16, ["I64"] = ScalarType.Int64, ["I32"] = ScalarType.Int32,
        ["I16"] = ScalarType.Int16, ["I8"] = ScalarType.Int8, ["U8"] = ScalarType.Byte, ["BOOL"] = ScalarType.Bool,
    };

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (!reader.Read() || reader.TokenType != type)
        {
            throw new SafeTensorsException("the header does not have the safetensors shape");
        }
    }
}
