using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Appliance.Domain.Privacy.Scanning;

/// <summary>What 64 bytes are, one bit for each: the lowest bit is the first byte.</summary>
internal ref struct ByteClasses
{
    internal const int Size = 64;
    private ulong _letter;

    internal ulong Digit { get; private set; }

    /// <summary>Everything above ASCII.</summary>
    internal ulong High { get; private set; }

    /// <summary>Letters, digits and everything above ASCII.</summary>
    internal readonly ulong Word => Digit | High | _letter;

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
        return classes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Read(Vector256<byte> bytes, int shift)
    {
        var letters = Vector256.LessThanOrEqual((bytes | Vector256.Create((byte)0x20)) - Vector256.Create((byte)'a'), Vector256.Create((byte)25));
        Digit |= (ulong)Vector256.LessThanOrEqual(bytes - Vector256.Create((byte)'0'), Vector256.Create((byte)9)).ExtractMostSignificantBits() << shift;
        _letter |= (ulong)letters.ExtractMostSignificantBits() << shift;
        High |= (ulong)bytes.ExtractMostSignificantBits() << shift;
    }
}
