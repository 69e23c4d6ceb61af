using Appliance.Sdk.Scoring;

namespace Appliance.Training.Evaluation;

/// <summary>F-score of shared characters (chrF), and of words too (chrF++), as sacrebleu 2.3.</summary>
/// <remarks>Source: Popović (2015, 2017): up to 6 characters, recall weighs β² = 4 times, blanks do not count.</remarks>
public static class Chrf
{
    private const int Characters = 6;
    private const double Weight = 4;
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <param name="words">Longest sequence of words that counts: 0 for chrF, 2 for chrF++.</param>
    /// <returns>0 to 100, over all texts; of several references the best one counts for each.</returns>
    public static double Of(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references, int words = 0)
    {
        var total = new double[3 * (Characters + words)];
        for (var k = 0; k < hypotheses.Count; k++)
        {
            var best = references.Select(r => Counts(hypotheses[k], r[k], words)).MaxBy(Score)!; // at least one reference
            total = [.. total.Zip(best, (a, b) => a + b)];
        }
        return Score(total);
    }

    // For each order: in the text, in the reference, in both.
    private static double[] Counts(string text, string reference, int words)
    {
        var counts = new List<double>();
        var ((a, b), (v, w)) = ((Letters(text), Letters(reference)), (Separated(text), Separated(reference)));
        for (var n = 1; n <= Characters + words; n++)
        {
            var (own, other) = n <= Characters ? (Ngrams.Of(a, n), Ngrams.Of(b, n)) : (Ngrams.Of(v, n - Characters), Ngrams.Of(w, n - Characters));
            counts.AddRange([other.Count > 0 ? own.Values.Sum() : 0, other.Values.Sum(), Ngrams.Shared(own, other)]);
        }
        return [.. counts];
    }

    private static double Score(double[] counts)
    {
        var (precision, recall, orders) = (0.0, 0.0, 0);
        for (var k = 0; k < counts.Length; k += 3)
        {
            if (counts[k] > 0 && counts[k + 1] > 0)
            {
                precision += counts[k + 2] / counts[k];
                recall += counts[k + 2] / counts[k + 1];
                orders++;
            }
        }
        return precision + recall == 0 ? 0 : 100 * (1 + Weight) * (precision / orders) * (recall / orders) / ((Weight * precision / orders) + (recall / orders));
    }

    // By Unicode scalars, as the reference counts characters.
    private static string[] Letters(string text) => [.. string.Concat(Ngrams.Words(text)).EnumerateRunes().Select(r => r.ToString())];

    private static string[] Separated(string text) => [.. Ngrams.Words(text).SelectMany(w => w.Length == 1 ? (string[])[w]
        : Punctuation.Contains(w[^1], StringComparison.Ordinal) ? [w[..^1], w[^1..]]
        : Punctuation.Contains(w[0], StringComparison.Ordinal) ? [w[..1], w[1..]] : [w])];
}
