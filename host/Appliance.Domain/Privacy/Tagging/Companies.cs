using Appliance.Domain.Privacy.Recognizers;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Tagging;

/// <summary>Companies by what their name ends with (<c>Inc</c>, <c>GmbH</c>, <c>Technologies</c>), and those that everybody knows: <c>Tables/companies.tsv</c>.</summary>
internal static class Companies
{
    private const byte Form = 1, Kind = 2, Famous = 3;
    private const int WordsMax = 5, LettersMax = 6;
    private static readonly Dictionary<uint, byte> Words = Table.Lists("companies.tsv")
        .SelectMany(f => f.Value.Select(w => (Word: WordHash.Of(w), What: f.Key switch { "form" => Form, "kind" => Kind, _ => Famous })))
        .DistinctBy(w => w.Word).ToDictionary(w => w.Word, w => w.What);

    internal static IEnumerable<uint> All => Words.Keys;

    /// <param name="candidates">Words by their place, in order.</param>
    /// <param name="words">Of each candidate, which tables may know it.</param>
    /// <param name="tags">Changed in place.</param>
    internal static void Settle(ReadOnlySpan<Token> tokens, ReadOnlySpan<Seen> seen, ReadOnlySpan<int> candidates, ReadOnlySpan<KnownWords> words, Span<byte> tags)
    {
        for (var i = 0; i < candidates.Length; i++)
        {
            var k = candidates[i];
            if ((words[i] & KnownWords.Companies) == 0 || !tokens[k].Has(Kinds.Capital) || !Words.TryGetValue(tokens[k].Hash, out var what) || tags[k] is 7 or 8)
            {
                continue;
            }
            if (what == Famous && Runs.IsSurname(tokens, k, tags))
            {
                continue;
            }
            var (first, last) = what == Famous ? (k, After(tokens, k)) : (Before(tokens, k), k);
            if (what == Famous || last - first >= (what == Form ? 1 : 2) || (what == Kind && first < k && (seen[first].Known & Known.Common) == 0))
            {
                Runs.Mark(tags, first, last, 2);
            }
        }
    }

    /// <summary>Where a company's name ends whose last word this is: behind <c>S.r.l.</c> as well, letter by letter.</summary>
    internal static int End(ReadOnlySpan<byte> view, ReadOnlySpan<Token> tokens, int last)
    {
        var at = tokens[last].Length == 1 || last + 1 >= tokens.Length || !tokens[last + 1].IsOneBlankBehind(tokens[last]) ? last : last + 1;
        Span<byte> letters = stackalloc byte[LettersMax];
        var count = 0;
        for (; at < tokens.Length && count < LettersMax && tokens[at] is { Length: 1, After: (byte)'.' } && (count == 0 || tokens[at].Start == tokens[at - 1].End + 1); at++)
        {
            letters[count++] = view[tokens[at].Start];
        }
        return count > 1 && Words.TryGetValue(WordHash.Of(letters[..count]), out var what) && what == Form ? tokens[at - 1].End + 1 : tokens[last].End;
    }

    private static int Before(ReadOnlySpan<Token> tokens, int k)
    {
        var first = k;
        while (k > 0 && Joined(tokens, k) && !tokens[k].Has(Kinds.LineBefore) && tokens[k - 1].Has(Kinds.Capital) && tokens[k - 1].Length > 1 && !IsCode(tokens[k - 1]) && first - k < WordsMax)
        {
            k--;
        }
        return k;
    }

    private static int After(ReadOnlySpan<Token> tokens, int k)
    {
        var first = k;
        while (k + 1 < tokens.Length && k - first < WordsMax && Joined(tokens, k + 1) && tokens[k + 1].Has(Kinds.Capital) && tokens[k].After == ' ')
        {
            k++;
        }
        return k;
    }

    // SR741884A National Insurance; 3M and A2A are companies
    private static bool IsCode(Token token) => token.Has(Kinds.Digit) && token.Length > 4;

    private static bool Joined(ReadOnlySpan<Token> tokens, int k) => tokens[k].Start - tokens[k - 1].End == 1 && tokens[k - 1].After is (byte)' ' or (byte)'-' or (byte)'&';
}
