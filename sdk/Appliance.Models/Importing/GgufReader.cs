using System.Buffers.Binary;
using System.Text;

namespace Appliance.Models.Importing;

/// <summary>Walks over a GGUF file's head; whatever it is asked for must lie inside.</summary>
internal ref struct GgufReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    internal long At { get; private set; }

    internal void Skip(int n) => Take(n);

    internal uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    internal long Size()
    {
        var n = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
        return n <= long.MaxValue ? (long)n : throw new ImportException("a number is larger than any file");
    }

    internal int Count() => Size() is var n && n <= GgufFile.ItemsMax && n <= _bytes.Length ? (int)n : throw new ImportException($"it claims {n} items");

    internal string Text()
    {
        var n = Size();
        return n <= _bytes.Length ? Encoding.UTF8.GetString(Take((int)n)) : throw new ImportException("a text is longer than the file");
    }

    internal object Value(uint type, int depth) => type switch
    {
        0 => (long)Take(1)[0],
        1 => (long)(sbyte)Take(1)[0],
        2 => (long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2)),
        3 => (long)BinaryPrimitives.ReadInt16LittleEndian(Take(2)),
        4 => (long)UInt32(),
        5 => (long)BinaryPrimitives.ReadInt32LittleEndian(Take(4)),
        6 => (double)BinaryPrimitives.ReadSingleLittleEndian(Take(4)),
        7 => Take(1)[0] != 0,
        8 => Text(),
        9 when depth == 0 => List(),
        10 => Size(),
        11 => BinaryPrimitives.ReadInt64LittleEndian(Take(8)),
        12 => BinaryPrimitives.ReadDoubleLittleEndian(Take(8)),
        _ => throw new ImportException($"a field has the unknown type {type}"),
    };

    private object[] List()
    {
        var type = UInt32();
        var items = new List<object>();
        for (var left = Count(); left > 0; left--)
        {
            items.Add(Value(type, 1));
        }
        return [.. items];
    }

    private ReadOnlySpan<byte> Take(int n)
    {
        if (n > _bytes.Length - At)
        {
            throw new ImportException("it ends inside its head");
        }
        var part = _bytes.Slice((int)At, n);
        At += n;
        return part;
    }
}
