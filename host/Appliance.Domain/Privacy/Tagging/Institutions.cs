using Appliance.Domain.Privacy.Recognizers;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Tagging;

/// <summary>Institutions, parties, newspapers and places that everybody knows (<c>Tables/institutions.tsv</c>, <c>Tables/places.tsv</c>), and what begins with the word for one: Tribunale di Milano.</summary>
internal static class Institutions
{
    private const int BehindMax = 5;
    private static readonly Dictionary<string, string[]> Lines = Table.Lists("institutions.tsv").Concat(Table.Lists("places.tsv")).ToDictionary();
    private static readonly HashSet<uint> Heads = Words("head"), Alone = Words("alone"), Acronyms = Words("acronym");
    private static readonly HashSet<uint> Joins = WordHash.All("di del della dello dei degli delle d per la il of the for de l e i");
    private static readonly Dictionary<uint, (uint[] Words, int Kind)[]> Phrases = new[] { ("phrase", 2), ("club", 2), ("italy", 1), ("world", 1), ("countries", 1), ("cities", 1), ("regions", 1) }
        .SelectMany(l => Lines[l.Item1].Select(p => (Text: p, Kind: l.Item2))).Concat(Table.Lines("people.txt").SelectMany(l => l.Split(' ')).Select(p => (Text: p, Kind: 0)))
        .Select(p => (Words: p.Text.Split('_', '-', '&').Where(w => w.Length > 0).Select(WordHash.Of).ToArray(), p.Kind))
        .GroupBy(p => p.Words[0]).ToDictionary(g => g.Key, g => g.OrderByDescending(p => p.Words.Length).ToArray());

    internal static IEnumerable<uint> All => Heads.Concat(Alone).Concat(Acronyms).Concat(Phrases.Keys);

    /// <param name="candidates">Words by their place, in order.</param>
    /// <param name="known">Of each candidate, which tables may know it.</param>
    /// <param name="tags">Changed in place.</param>
    /// <param name="sure">Gets the words at which something begins that needs no other proof.</param>
    internal static void Settle(ReadOnlySpan<Token> tokens, ReadOnlySpan<int> candidates, ReadOnlySpan<KnownWords> known, Span<byte> tags, Span<bool> sure)
    {
        var done = -1;
        for (var i = 0; i < candidates.Length; i++)
        {
            var k = candidates[i];
            if (k <= done || (known[i] & KnownWords.Institutions) == 0 || !tokens[k].Has(Kinds.Capital) || tags[k] > Tags.Inside(2))
            {
                continue;
            }
            var (last, kind) = Of(tokens, k);
            if (last < k || (kind == 2 && last == k && Runs.IsSurname(tokens, k, tags)))
            {
                continue;
            }
            if (kind == 0)
            {
                Person(tokens, tags, k, last);
            }
            else if (kind == 2 ? !Goes(tags, k, last) : !InLongerName(tokens, tags, k, last))
            {
                Runs.Mark(tags, k, last, kind);
                sure[k] = true;
                done = last;
            }
        }
    }

    // Whoever bears a name that everybody knows is a person, with the given names in front: a run that ends with it is no town.
    private static void Person(ReadOnlySpan<Token> tokens, Span<byte> tags, int first, int last)
    {
        if (last + 1 < tags.Length && tags[last + 1] != Tags.Outside && tags[last + 1] % 2 == 0 && tags[last] != Tags.Outside)
        {
            return; // Via Garibaldi 3, Berlusconi Holding
        }
        var start = first;
        while (start > 0 && tags[start] != Tags.Outside && tags[start] % 2 == 0)
        {
            start--;
        }
        if (first - start <= 2 && tags[start] <= Tags.Inside(2) && !Heads.Contains(tokens[start].Hash))
        {
            Runs.Mark(tags, tags[first] == Tags.Outside ? first : start, last, 0);
        }
    }

    private static (int Last, int Kind) Of(ReadOnlySpan<Token> tokens, int k)
    {
        if (Phrases.TryGetValue(tokens[k].Hash, out var phrases))
        {
            foreach (var (words, kind) in phrases)
            {
                if (Stands(tokens, k, words))
                {
                    return (k + words.Length - 1, kind);
                }
            }
        }
        if (!tokens[k].Has(Kinds.Lower) && tokens[k].Length > 1 && Acronyms.Contains(tokens[k].Hash))
        {
            return (k, 2);
        }
        var last = Heads.Contains(tokens[k].Hash) ? Behind(tokens, k) : k;
        var starts = k == 0 || tokens[k].Has(Kinds.LineBefore) || tokens[k - 1].After is (byte)'.' or (byte)'!' or (byte)'?' or (byte)':';
        return last > k || (!starts && tokens[k].Has(Kinds.Lower) && Alone.Contains(tokens[k].Hash)) ? (last, 2) : (-1, 0);
    }

    // Small words count where a capital follows them.
    private static int Behind(ReadOnlySpan<Token> tokens, int k)
    {
        var last = k;
        for (var at = k + 1; at < tokens.Length && at <= k + BehindMax && Joined(tokens, at); at++)
        {
            if (tokens[at].Has(Kinds.Capital))
            {
                last = at;
            }
            else if (!Joins.Contains(tokens[at].Hash))
            {
                break;
            }
        }
        return last;
    }

    private static bool Stands(ReadOnlySpan<Token> tokens, int k, uint[] words)
    {
        if (k + words.Length > tokens.Length)
        {
            return false;
        }
        for (var w = 1; w < words.Length; w++)
        {
            if (tokens[k + w].Hash != words[w] || !Joined(tokens, k + w))
            {
                return false;
            }
        }
        return true;
    }

    private static bool Joined(ReadOnlySpan<Token> tokens, int k) => tokens[k].Start - tokens[k - 1].End is 1 or 3 && tokens[k - 1].After is (byte)' ' or (byte)'\'' or (byte)'-' or 0xE2;

    // A longer organisation is one already: ASL Città di Torino.
    private static bool Goes(ReadOnlySpan<byte> tags, int first, int last) => (tags[first] == Tags.Begin(2) || tags[first] == Tags.Inside(2)) && last + 1 < tags.Length && tags[last + 1] == Tags.Inside(2);

    // Paolo Roma is nobody's town.
    private static bool InLongerName(ReadOnlySpan<Token> tokens, ReadOnlySpan<byte> tags, int first, int last) =>
        (first > 0 && tags[first] != Tags.Outside && tags[first] % 2 == 0) || (last + 1 < tags.Length && tags[last + 1] != Tags.Outside && tags[last + 1] % 2 == 0)
        || (first > 0 && tags[first - 1] is 1 or 2 && tokens[first].Start - tokens[first - 1].End == 1 && tokens[first - 1].After == ' ');

    private static HashSet<uint> Words(string line) => [.. Lines[line].Select(WordHash.Of)];
}
