using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Appliance.Domain.Privacy.Scanning;

/// <summary>What 64 bytes are, one bit for each: the lowest bit is the first byte.</summary>
internal ref struct ByteClasses
{
    internal const int Size = 64;
    private ulong _digit, _upper, _lower, _high, _line;

    /// <summary>Letters, digits and everything above ASCII.</summary>
    internal ulong Word { get; private set; }

    /// <summary>A line break behind the last token that began.</summary>
    internal readonly bool LineLeft => _line != 0;

    /// <param name="tail">Room for <see cref="Size"/> bytes, for the last block.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ByteClasses Of(ReadOnlySpan<byte> view, int block, Span<byte> tail)
    {
        ref var first = ref Unsafe.Add(ref MemoryMarshal.GetReference(view), block);
        if (view.Length - block < Size)
        {
            tail.Clear();
            view[block..].CopyTo(tail);
            first = ref MemoryMarshal.GetReference(tail);
        }
        var classes = default(ByteClasses);
        classes.Read(Vector256.LoadUnsafe(ref first), 0);
        classes.Read(Vector256.LoadUnsafe(ref first, 32), 32);
        classes.Word = classes._digit | classes._upper | classes._lower | classes._high;
        return classes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Read(Vector256<byte> bytes, int shift)
    {
        var letters = Vector256.LessThanOrEqual((bytes | Vector256.Create((byte)0x20)) - Vector256.Create((byte)'a'), Vector256.Create((byte)25));
        var small = Vector256.ShiftLeft(bytes, 2); // 0x20 becomes the highest bit
        _digit |= (ulong)Vector256.LessThanOrEqual(bytes - Vector256.Create((byte)'0'), Vector256.Create((byte)9)).ExtractMostSignificantBits() << shift;
        _upper |= (ulong)Vector256.AndNot(letters, small).ExtractMostSignificantBits() << shift;
        _lower |= (ulong)(letters & small).ExtractMostSignificantBits() << shift;
        _high |= (ulong)bytes.ExtractMostSignificantBits() << shift;
        _line |= (ulong)Vector256.Equals(bytes, Vector256.Create((byte)'\n')).ExtractMostSignificantBits() << shift;
    }

    /// <summary>Whether a line break stands before this place and behind the token before.</summary>
    internal Kinds LineBefore(int place)
    {
        var before = _line & ~(ulong.MaxValue << place);
        _line ^= before;
        return before == 0 ? Scanning.Kinds.None : Scanning.Kinds.LineBefore;
    }

    /// <summary>What stands in a stretch.</summary>
    /// <param name="to">One past the last, up to 64.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly Kinds Kinds(int from, int to)
    {
        var mask = (to == Size ? ulong.MaxValue : BitOperations.RotateLeft(1UL, to) - 1) & (ulong.MaxValue << from);
        return ((_digit & mask) != 0 ? Scanning.Kinds.Digit : 0) | ((_upper & mask) != 0 ? Scanning.Kinds.Upper : 0)
            | ((_lower & mask) != 0 ? Scanning.Kinds.Lower : 0) | ((_high & mask) != 0 ? Scanning.Kinds.High : 0);
    }
}
