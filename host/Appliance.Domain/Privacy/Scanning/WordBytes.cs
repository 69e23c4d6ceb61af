using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Appliance.Domain.Privacy.Scanning;

/// <summary>A word of at most sixteen bytes in one register: what it is made of, and its hash.</summary>
internal static class WordBytes
{
    /// <summary>Longest word.</summary>
    internal const int LengthMax = 16;

    // As many bytes as a word has, for each length.
    private static readonly Vector128<byte>[] Masks = [.. Enumerable.Range(0, LengthMax + 1).Select(n => Vector128.Create([.. Enumerable.Range(0, LengthMax).Select(k => (byte)(k < n ? 0xFF : 0))]))];

    /// <param name="first">The first byte; sixteen can be read from there.</param>
    /// <param name="kinds">What it is made of, without <see cref="Kinds.Capital"/> beyond ASCII.</param>
    /// <returns>Its hash, as <see cref="WordHash"/> gives it.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Look(ref readonly byte first, int length, out Kinds kinds)
    {
        var mask = Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Masks), length);
        var bytes = Vector128.LoadUnsafe(in first) & mask;
        var upper = Vector128.LessThanOrEqual(bytes - Vector128.Create((byte)'A'), Vector128.Create((byte)25)).ExtractMostSignificantBits();
        var lower = Vector128.LessThanOrEqual(bytes - Vector128.Create((byte)'a'), Vector128.Create((byte)25)).ExtractMostSignificantBits();
        var digit = Vector128.LessThanOrEqual(bytes - Vector128.Create((byte)'0'), Vector128.Create((byte)9)).ExtractMostSignificantBits();
        kinds = Any(digit, Kinds.Digit) | Any(upper, Kinds.Upper) | Any(lower, Kinds.Lower) | Any(bytes.ExtractMostSignificantBits(), Kinds.High) | Any(upper & 1, Kinds.Capital);
        // ASCII folds, and what stands behind 0xC3 as far as 0x9E.
        var ascii = Vector128.LessThan(bytes, Vector128.Create((byte)0x80));
        var accented = Vector128.Equals(Vector128.Shuffle(bytes, Vector128.Create((byte)255, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)), Vector128.Create((byte)0xC3)) & Vector128.LessThanOrEqual(bytes, Vector128.Create((byte)0x9E));
        var small = ((bytes | (Vector128.Create((byte)0x20) & (ascii | accented))) & mask).AsUInt64();
        return BitOperations.Crc32C(BitOperations.Crc32C(0, small[0]), small[1]);
    }

    // Without a branch: which of them a word has is nothing that a processor could guess.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Kinds Any(uint places, Kinds kind) => (Kinds)(((places + 0xFFFF) >> LengthMax) * (uint)kind);

    /// <summary>The same for a word of any length.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static uint LookLong(ref readonly byte first, int length, out Kinds kinds)
    {
        var word = MemoryMarshal.CreateReadOnlySpan(in first, length);
        kinds = word[0] is >= (byte)'A' and <= (byte)'Z' ? Kinds.Capital : Kinds.None;
        kinds |= word.IndexOfAnyInRange((byte)'0', (byte)'9') >= 0 ? Kinds.Digit : 0;
        kinds |= word.IndexOfAnyInRange((byte)'A', (byte)'Z') >= 0 ? Kinds.Upper : 0;
        kinds |= word.IndexOfAnyInRange((byte)'a', (byte)'z') >= 0 ? Kinds.Lower : 0;
        kinds |= word.IndexOfAnyInRange((byte)0x80, (byte)0xFF) >= 0 ? Kinds.High : 0;
        return WordHash.Of(word);
    }
}
