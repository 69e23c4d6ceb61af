using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Appliance.Domain.Privacy.Scanning;

/// <summary>A number for a word in any case: of tokens, and of the words in tables that tokens are looked up in.</summary>
/// <remarks>CRC-32C of the word in lower case, filled up with zeros to sixteen bytes or a multiple of eight beyond; the accented capitals of Western Europe, two bytes each, fold as well.
/// Chosen because processors have it: two instructions for nearly all words.</remarks>
internal static class WordHash
{
    private const int Part = 8, LengthMax = 64;
    private const ulong Small = 0x2020202020202020;

    internal static uint Of(string word) => Of(Encoding.UTF8.GetBytes(word));

    /// <summary>The hashes of words with blanks between them.</summary>
    internal static HashSet<uint> All(string words) => [.. words.Split(' ').Select(Of)];

    /// <param name="text">Plain ASCII where the word stands.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint OfAscii(ReadOnlySpan<byte> text, int start, int length)
    {
        if (length > 2 * Part)
        {
            return Of(text.Slice(start, length));
        }
        if (start + (2 * Part) > text.Length)
        {
            return AtEnd(text.Slice(start, length));
        }
        // Nearly all words: two parts, whatever of them is empty, so that there is nothing to guess for a processor.
        var first = (BinaryPrimitives.ReadUInt64LittleEndian(text[start..]) | Small) & Mask(Math.Min(length, Part));
        var second = (BinaryPrimitives.ReadUInt64LittleEndian(text[(start + Part)..]) | Small) & Mask(Math.Max(length - Part, 0));
        return BitOperations.Crc32C(BitOperations.Crc32C(0, first), second);
    }

    /// <summary>Of a word with any letters; of a very long one, of its first <see cref="LengthMax"/> bytes.</summary>
    internal static uint Of(ReadOnlySpan<byte> word)
    {
        word = word[..Math.Min(word.Length, LengthMax)];
        Span<byte> folded = stackalloc byte[LengthMax];
        folded.Clear();
        for (var k = 0; k < word.Length; k++)
        {
            var folds = word[k] < 0x80 || (word[k] is >= 0x80 and <= 0x9E && k > 0 && word[k - 1] == 0xC3);
            folded[k] = (byte)(folds ? word[k] | 0x20 : word[k]);
        }
        var hash = 0u;
        foreach (var part in MemoryMarshal.Cast<byte, ulong>(folded[..Math.Max(2 * Part, (word.Length + Part - 1) / Part * Part)]))
        {
            hash = BitOperations.Crc32C(hash, part);
        }
        return hash;
    }

    private static uint AtEnd(ReadOnlySpan<byte> word)
    {
        Span<byte> roomy = stackalloc byte[2 * Part];
        roomy.Clear();
        word.CopyTo(roomy);
        return OfAscii(roomy, 0, word.Length);
    }

    // The lowest bytes, 0 to 8.
    private static ulong Mask(int bytes) => bytes == 0 ? 0 : ulong.MaxValue >> (64 - (8 * bytes));
}
