using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Nationalities, peoples, religions and parties that somebody belongs to (GDPR Art. 9): <c>nazionalità marocchina</c>, <c>a Polish film</c>.</summary>
/// <remarks>Words: <c>Tables/origins.tsv</c>. English writes them with a capital, which is enough; elsewhere a word before must announce them, or every Italian dish would be hidden.
/// Between other capitals they are a part of a name: American Airlines.</remarks>
internal sealed class OriginRecognizer : IRecognizer
{
    private const int Back = 3;
    private static readonly Dictionary<string, string[]> Lines = Table.Lists("origins.tsv");
    private static readonly HashSet<uint> Capital = [.. Lines["capital"].SelectMany(w => new[] { w, w + "s" }).Select(WordHash.Of)];
    private static readonly HashSet<uint> Announced = [.. Lines["announced"].SelectMany(Forms).Select(WordHash.Of)];
    private static readonly HashSet<uint> Before = [.. Lines["before"].Select(WordHash.Of)];
    private static readonly HashSet<uint> Beside = [.. Lines["beside"].Select(WordHash.Of)];

    public string Name => "origin";

    public Waiting Waits => Waiting.Origins;

    public IEnumerable<uint> Awaits => Capital.Concat(Announced);

    public void Find(Scan scan)
    {
        var tokens = scan.Tokens;
        foreach (var k in scan.Awaited)
        {
            if (!scan.IsFor(k, Waits))
            {
                continue;
            }
            var capital = Capital.Contains(tokens[k].Hash);
            if (capital ? tokens[k].Has(Kinds.Capital) ? !InName(tokens, k) : scan.IsSmall || IsAnnounced(tokens, k) : Announced.Contains(tokens[k].Hash) && IsAnnounced(tokens, k))
            {
                scan.Add(EntityTypes.Origin, tokens[k].Start, tokens[k].End, 0.6f, capital ? "origin" : "announced");
            }
        }
    }

    // american/o/a/i/e: the stem with each ending; français/e: also alone, as its first form is whole.
    private static IEnumerable<string> Forms(string word)
    {
        var parts = word.Split('/');
        return parts[1..].Select(e => parts[0] + e).Append(parts[0]);
    }

    private static bool InName(ReadOnlySpan<Token> tokens, int k) =>
        (k + 1 < tokens.Length && tokens[k].After is (byte)' ' or (byte)'-' && tokens[k + 1].Has(Kinds.Capital) && tokens[k + 1].Start - tokens[k].End == 1)
        || (k > 0 && tokens[k - 1].After == ' ' && tokens[k - 1].Has(Kinds.Capital) && tokens[k - 1].Length > 3 && tokens[k].Start - tokens[k - 1].End == 1);

    private static bool IsAnnounced(ReadOnlySpan<Token> tokens, int k)
    {
        for (var b = k - 1; b >= 0 && b >= k - Back; b--)
        {
            if (Before.Contains(tokens[b].Hash) || (b == k - 1 && Beside.Contains(tokens[b].Hash)))
            {
                return true;
            }
        }
        return false;
    }
}
