using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Tagging;

/// <summary>Changes of tags that keep them runs: a first word and further ones.</summary>
internal static class Runs
{
    /// <summary>Makes one run of a stretch; what began inside another one ends before it, and nothing goes on behind.</summary>
    /// <param name="kind">Of <see cref="Tags.Kinds"/>.</param>
    internal static void Mark(Span<byte> tags, int first, int last, int kind)
    {
        for (var k = first; k <= last; k++)
        {
            tags[k] = (byte)(k == first ? Tags.Begin(kind) : Tags.Inside(kind));
        }
        for (var k = last + 1; k < tags.Length && tags[k] != Tags.Outside && tags[k] % 2 == 0; k++)
        {
            tags[k] = Tags.Outside;
        }
    }

    /// <summary>Joins a word to the first name in front of it, if it stands there: Luca Ferrero. Many a company is called like its founder.</summary>
    internal static bool IsSurname(ReadOnlySpan<Token> tokens, int k, Span<byte> tags)
    {
        if (k == 0 || tags[k - 1] is not (1 or 2) || !tokens[k].IsOneBlankBehind(tokens[k - 1]) || !SureNames.IsGiven(tokens[k - 1]))
        {
            return false;
        }
        tags[k] = (byte)Tags.Inside(0);
        return true;
    }
}
