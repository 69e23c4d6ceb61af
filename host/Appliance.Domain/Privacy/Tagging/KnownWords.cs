using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Tagging;

/// <summary>Which tables may have something to say of a word; a bit each.</summary>
[Flags]
internal enum KnownWords : byte
{
    None = 0,
    Companies = 1,
    Institutions = 2,
}

/// <summary>One look at a word for all tables that settle what the tagger leaves open.</summary>
internal static class KnownWordFilter
{
    private static readonly WordFilter Filter = new(Companies.All, Institutions.All);

    /// <param name="into">Gets the tables of each candidate.</param>
    /// <returns>The tables of all of them together.</returns>
    internal static KnownWords Look(ReadOnlySpan<Token> tokens, ReadOnlySpan<int> candidates, Span<KnownWords> into)
    {
        var all = KnownWords.None;
        for (var i = 0; i < candidates.Length; i++)
        {
            into[i] = (KnownWords)Filter.Of(tokens[candidates[i]].Hash);
            all |= into[i];
        }
        return all;
    }
}
