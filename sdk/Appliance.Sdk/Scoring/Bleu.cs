using System.Text.RegularExpressions;

namespace Appliance.Sdk.Scoring;

/// <summary>How a sentence is cut into words for BLEU.</summary>
public enum BleuTokens
{
    /// <summary>mteval-v13a's rules.</summary>
    V13a,

    /// <summary>By Unicode's punctuation and symbols.</summary>
    International,

    /// <summary>At blanks.</summary>
    None,
}

/// <summary>BLEU with exponential smoothing, as sacrebleu 2.3.</summary>
/// <remarks>Source: Papineni et al. (2002); Post, A Call for Clarity in Reporting BLEU Scores (2018).</remarks>
/// <param name="Score">0 to 100.</param>
/// <param name="Precisions">Of 1 to 4 words, in per cent.</param>
/// <param name="BrevityPenalty">1, or below where the texts are shorter than the references.</param>
public sealed record Bleu(double Score, IReadOnlyList<double> Precisions, double BrevityPenalty)
{
    private const int Order = 4;

    private static readonly (Regex Pattern, string By)[] V13a =
    [
        (Rule(@"([\{-\~\[-\` -\&\(-\+\:-\@\/])"), " $1 "), (Rule(@"([^0-9])([\.,])"), "$1 $2 "), (Rule(@"([\.,])([^0-9])"), " $1 $2"),
        (Rule(@"([0-9])(-)"), "$1 $2 "),
    ];

    private static readonly (Regex Pattern, string By)[] International =
        [(Rule(@"(\P{N})(\p{P})"), "$1 $2 "), (Rule(@"(\p{P})(\P{N})"), " $1 $2"), (Rule(@"(\p{S})"), " $1 ")];

    /// <summary>Of one sentence: orders that it is too short for do not count.</summary>
    public static Bleu OfSentence(string hypothesis, IReadOnlyList<string> references) => Of([hypothesis], [.. references.Select(r => new[] { r })], effectiveOrder: true);

    /// <param name="references">One list a stream, each as long as the hypotheses.</param>
    public static Bleu Of(
        IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references, BleuTokens tokens = BleuTokens.V13a, bool lowerCase = false,
        bool effectiveOrder = false)
    {
        string[] Cut(string text) => Tokenise(lowerCase ? text.ToLowerInvariant() : text, tokens);
        var (right, all) = (new double[Order], new double[Order]);
        var (length, wanted) = (0, 0);
        for (var k = 0; k < hypotheses.Count; k++)
        {
            var own = Cut(hypotheses[k]);
            var others = references.Select(r => Cut(r[k])).ToArray();
            length += own.Length;
            wanted += others.Select(o => o.Length).OrderBy(n => Math.Abs(n - own.Length)).ThenBy(n => n).First();
            for (var n = 1; n <= Order; n++)
            {
                var counts = Ngrams.Of(own, n);
                var most = others.SelectMany(o => Ngrams.Of(o, n)).GroupBy(g => g.Key).ToDictionary(g => g.Key, g => g.Max(c => c.Value));
                right[n - 1] += Ngrams.Shared(counts, most);
                all[n - 1] += counts.Values.Sum();
            }
        }
        return Combined(right, all, length, wanted, effectiveOrder);
    }

    private static Bleu Combined(double[] right, double[] all, int length, int wanted, bool effectiveOrder)
    {
        var precisions = new double[Order];
        var (order, smooth) = (Order, 1.0);
        for (var n = 0; n < Order && all[n] > 0; n++)
        {
            order = effectiveOrder ? n + 1 : Order;
            smooth *= right[n] == 0 ? 2 : 1;
            precisions[n] = right[n] == 0 ? 100 / (smooth * all[n]) : 100 * right[n] / all[n];
        }
        var penalty = length >= wanted ? 1 : length > 0 ? Math.Exp(1 - ((double)wanted / length)) : 0;
        var score = right.Any(r => r > 0) && precisions.Take(order).All(p => p > 0)
            ? penalty * Math.Exp(precisions.Take(order).Sum(Math.Log) / order)
            : 0;
        return new Bleu(score, precisions, penalty);
    }

    private static string[] Tokenise(string text, BleuTokens tokens)
    {
        if (tokens == BleuTokens.V13a)
        {
            text = text.Replace("<skipped>", "", StringComparison.Ordinal).Replace("-\n", "", StringComparison.Ordinal).Replace('\n', ' ')
                .Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal)
                .Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal);
            text = $" {text} ";
        }
        foreach (var (pattern, by) in tokens switch { BleuTokens.V13a => V13a, BleuTokens.International => International, _ => [] })
        {
            text = pattern.Replace(text, by);
        }
        return Ngrams.Words(text);
    }

    private static Regex Rule(string pattern) => new(pattern, RegexOptions.NonBacktracking);
}
