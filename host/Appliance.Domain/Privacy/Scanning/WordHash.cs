using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Appliance.Domain.Privacy.Scanning;

/// <summary>A number for a word in any case: of tokens, and of the words in tables that tokens are looked up in.</summary>
/// <remarks>CRC-32C of the word in lower case, filled up with zeros to sixteen bytes or a multiple of eight beyond; the accented capitals of Western Europe, two bytes each, fold as well.
/// Chosen because processors have it; short words go through <see cref="WordBytes"/>, which gives the same.</remarks>
internal static class WordHash
{
    private const int Part = 8, LengthMax = 64;

    internal static uint Of(string word) => Of(Encoding.UTF8.GetBytes(word));

    /// <summary>The hashes of words with blanks between them.</summary>
    internal static HashSet<uint> All(string words) => [.. words.Split(' ').Select(Of)];

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
}
