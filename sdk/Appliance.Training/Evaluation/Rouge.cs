using Appliance.Sdk.Scoring;

namespace Appliance.Training.Evaluation;

/// <summary>Overlap with a reference: precision, recall, F1.</summary>
public sealed record Overlap(double Precision, double Recall, double F1);

/// <summary>ROUGE without stemming, as Google's rouge_score: only a-z and 0-9 make words, so accented letters split them.</summary>
/// <remarks>Source: Lin (2004).</remarks>
public static class Rouge
{
    /// <param name="order">Neighbouring words, 1 or more.</param>
    public static Overlap Of(string text, string reference, int order)
    {
        var (own, other) = (Ngrams.Of(Words(text), order), Ngrams.Of(Words(reference), order));
        return Score(Ngrams.Shared(own, other), own.Values.Sum(), other.Values.Sum());
    }

    /// <summary>By the longest common subsequence.</summary>
    public static Overlap Longest(string text, string reference)
    {
        var (own, other) = (Words(text), Words(reference));
        var row = new int[other.Length + 1];
        foreach (var word in own)
        {
            var diagonal = 0;
            for (var k = 1; k <= other.Length; k++)
            {
                (diagonal, row[k]) = (row[k], word == other[k - 1] ? diagonal + 1 : Math.Max(row[k], row[k - 1]));
            }
        }
        return Score(row[^1], own.Length, other.Length);
    }

    private static Overlap Score(double shared, double own, double other)
    {
        var (p, r) = (own == 0 ? 0 : shared / own, other == 0 ? 0 : shared / other);
        return new Overlap(p, r, p + r == 0 ? 0 : 2 * p * r / (p + r));
    }

    private static string[] Words(string text) =>
        new string([.. text.ToLowerInvariant().Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) ? c : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
