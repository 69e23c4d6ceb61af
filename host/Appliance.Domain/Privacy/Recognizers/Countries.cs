using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Whole names of countries, of one word and of two: <c>Czech Republic</c>.</summary>
internal static class Countries
{
    private static readonly HashSet<uint> Words = [], Pairs = [];
    private static readonly WordFilter Beginnings;

    static Countries()
    {
        string[][] names = [.. Table.Lines("country.txt").Select(l => l.Split(' ')).Where(w => w.Length <= 2)];
        Beginnings = new WordFilter(names.Where(n => n.Length == 2).Select(n => WordHash.Of(n[0])));
        foreach (var words in names)
        {
            (words.Length == 1 ? Words : Pairs).Add(words.Length == 1 ? WordHash.Of(words[0]) : Pair(WordHash.Of(words[0]), WordHash.Of(words[1])));
        }
    }

    /// <summary>The first token of the country whose name ends at a token; -1 for none.</summary>
    internal static int EndsAt(ReadOnlySpan<Token> tokens, int last) =>
        last > 0 && IsPair(tokens, last - 1) ? last - 1 : Words.Contains(tokens[last].Hash) ? last : -1;

    /// <summary>Whether a name of two words begins at a token.</summary>
    internal static bool IsPair(ReadOnlySpan<Token> tokens, int first) => first + 1 < tokens.Length && Beginnings.MayHave(tokens[first].Hash)
        && tokens[first + 1].Start - tokens[first].End == 1 && tokens[first].After == ' ' && Pairs.Contains(Pair(tokens[first].Hash, tokens[first + 1].Hash));

    private static uint Pair(uint first, uint second) => (first * 31) + second;
}
