using System.Buffers.Binary;
using System.Text;

namespace Appliance.Models.Importing;

/// <summary>Writes GGUF files, version 3.</summary>
internal static class GgufWriter
{
    private const int Alignment = 32;

    /// <param name="fields">Numbers as long or double, flags, texts, lists of texts or of doubles.</param>
    /// <param name="tensors">Name, shape (rows first), numbers on demand.</param>
    /// <param name="type">For matrices; vectors stay float32. Rows that Q8_0's blocks do not divide stay float16.</param>
    internal static void Write(
        Stream stream, IReadOnlyList<(string Name, object Value)> fields, IReadOnlyList<(string Name, long[] Shape, Func<float[]> Numbers)> tensors, GgufType type)
    {
        using var head = new MemoryStream();
        using (var writer = new BinaryWriter(head, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write("GGUF"u8);
            writer.Write(3u);
            writer.Write((ulong)tensors.Count);
            writer.Write((ulong)fields.Count);
            foreach (var (name, value) in fields)
            {
                Text(writer, name);
                Value(writer, value);
            }
            var offset = 0L;
            foreach (var (name, shape, _) in tensors)
            {
                Text(writer, name);
                writer.Write((uint)shape.Length);
                Array.ForEach([.. shape.Reverse()], n => writer.Write((ulong)n));
                var stored = TypeOf(shape, type);
                writer.Write((uint)stored);
                writer.Write((ulong)offset);
                offset += Padded(new GgufTensor(name, stored, shape, 0).Bytes);
            }
        }
        head.WriteTo(stream);
        Pad(stream, head.Length);
        foreach (var (_, shape, numbers) in tensors)
        {
            var bytes = Bytes(numbers(), TypeOf(shape, type));
            stream.Write(bytes);
            Pad(stream, bytes.Length);
        }
    }

    private static GgufType TypeOf(long[] shape, GgufType wanted) => shape.Length < 2 ? GgufType.F32
        : wanted == GgufType.Q8_0 && shape[^1] % GgufFile.BlockElements != 0 ? GgufType.F16 : wanted;

    private static byte[] Bytes(float[] numbers, GgufType type)
    {
        var bytes = new byte[new GgufTensor("", type, [numbers.Length], 0).Bytes];
        for (var k = 0; type == GgufType.F32 && k < numbers.Length; k++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(k * 4), numbers[k]);
        }
        for (var k = 0; type == GgufType.F16 && k < numbers.Length; k++)
        {
            BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(k * 2), (Half)numbers[k]);
        }
        for (var block = 0; type == GgufType.Q8_0 && block < numbers.Length / GgufFile.BlockElements; block++)
        {
            Block(numbers.AsSpan(block * GgufFile.BlockElements, GgufFile.BlockElements), bytes.AsSpan(block * GgufFile.BlockBytes));
        }
        return bytes;
    }

    // scale = max|x| / 127, each number rounded to a multiple of it, as ggml does.
    private static void Block(ReadOnlySpan<float> numbers, Span<byte> target)
    {
        var top = 0f;
        foreach (var n in numbers)
        {
            top = Math.Max(top, Math.Abs(n));
        }
        var scale = top / 127;
        BinaryPrimitives.WriteHalfLittleEndian(target, (Half)scale);
        for (var k = 0; k < numbers.Length; k++)
        {
            target[2 + k] = (byte)(sbyte)(scale == 0 ? 0 : Math.Clamp(MathF.Round(numbers[k] / scale), -127, 127));
        }
    }

    private static void Value(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case string text:
                writer.Write(8u);
                Text(writer, text);
                break;
            case bool flag:
                writer.Write(7u);
                writer.Write(flag);
                break;
            case long number:
                writer.Write(4u);
                writer.Write(checked((uint)number));
                break;
            case double number:
                writer.Write(6u);
                writer.Write((float)number);
                break;
            default:
                throw new ArgumentException("A field of a GGUF file is a text, a flag or a number.");
        }
    }

    private static void Text(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static long Padded(long n) => (n + Alignment - 1) / Alignment * Alignment;

    private static void Pad(Stream stream, long written) => stream.Write(new byte[Padded(written) - written]);
}
