using Appliance.Domain.Privacy.Recognizers;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Tagging;

/// <summary>Words of programs that look like names: <c>StringBuilder</c>, <c>getCell(</c>, <c>len = 0;</c>.</summary>
internal static class Identifiers
{
    // What stands in front of a capital inside a name: McDonald, DiCaprio, LaRue, VanDyke.
    private static readonly HashSet<uint> Particles = WordHash.All("mc mac de di da du la le lo van von fitz del al el o d st");

    /// <summary>Whether a word that nobody knows as a name is written like an identifier, or stands where one does.</summary>
    internal static bool Is(ReadOnlySpan<byte> view, Token token)
    {
        var word = view[token.Start..token.End];
        for (var k = 1; k < word.Length; k++)
        {
            // stringBuilder, IOException
            if (word[k] is >= (byte)'A' and <= (byte)'Z' && (char.IsAsciiLetterLower((char)word[k - 1]) || (k + 1 < word.Length && char.IsAsciiLetterLower((char)word[k + 1]))))
            {
                return (Gazetteer.Of(token.Hash) & (Known.FirstName | Known.LastName | Known.City | Known.Country)) == 0 && !Particles.Contains(WordHash.Of(word[..k]));
            }
        }
        // A call, an index, an assignment, a member: len(, row[, x =.
        return !token.Has(Kinds.Capital) && (token.After is (byte)'(' or (byte)'[' or (byte)'=' or (byte)';' || Bytes.At(view, token.Start - 1) is (byte)'(' or (byte)'[' or (byte)'.' or (byte)'=');
    }
}
