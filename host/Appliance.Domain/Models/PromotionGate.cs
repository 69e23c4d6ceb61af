using Appliance.Sdk.Scoring;

namespace Appliance.Domain.Models;

/// <summary>What the gate says.</summary>
public enum GateResult
{
    Pass,
    Fail,

    /// <summary>The test set is too small to tell; never promoted by itself.</summary>
    Undecided,
}

/// <summary>A verdict with the numbers behind it.</summary>
/// <param name="Against">The incumbent's id, or the baseline's name, such as <c>majority-baseline</c>.</param>
/// <param name="Difference">Candidate's score less the other's.</param>
/// <param name="DifferenceLow">Lower end of the 95 % interval of the difference.</param>
/// <param name="ScoreLow">Lower end of the 95 % interval of the candidate's score.</param>
public sealed record GateVerdict(
    GateResult Result, string Against, double Difference, double DifferenceLow, double DifferenceHigh,
    double ScoreLow, double ScoreHigh, int TestRows, string Reason);

/// <summary>Compares a candidate with the incumbent on the same frozen rows; pure, and the same for the same numbers.</summary>
/// <remarks>Paired bootstrap over test rows (Efron and Tibshirani 1993): 10,000 resamples, percentile interval, fixed seed.</remarks>
public static class PromotionGate
{
    /// <summary>How much worse than the incumbent a candidate may be: one point of a hundred, or a tenth of what the baseline leaves undone where that is less.</summary>
    public const double Margin = 0.01;
    private const double MarginShare = 0.1;
    private const int Resamples = 10_000;
    private const int Seed = 20_26;
    private const double FewestRows = 100; // where the two agree on every row, that is luck too

    /// <param name="incumbent">Scores of each row, or null to compare with the baseline.</param>
    /// <param name="baseline">Scores of the baseline for each row.</param>
    public static GateVerdict Judge(
        IReadOnlyList<RowScore> candidate, IReadOnlyList<RowScore>? incumbent, IReadOnlyList<RowScore> baseline, string against)
    {
        if (candidate.Count == 0 || candidate.Count != (incumbent ?? baseline).Count)
        {
            throw new ArgumentException("Candidate and incumbent must be judged on the same rows, at least one.");
        }
        var other = incumbent ?? baseline;
        var (difference, score) = Bootstrap(candidate, other);
        var mean = Evaluations.Total(candidate) - Evaluations.Total(other);
        // Better than guessing must be proven; as good as the incumbent within a margin is enough.
        // Copying a source with one fault is 0.987 of the sound one: there a point would hide the whole difference.
        var margin = Math.Min(Margin, Math.Max(1e-6, MarginShare * (1 - Evaluations.Total(baseline))));
        var floor = incumbent is null ? 0 : -margin;
        var result = difference.Low > floor ? GateResult.Pass
            : difference.High <= floor || (incumbent is null && mean <= 0) ? GateResult.Fail
            : GateResult.Undecided;
        var reason = result switch
        {
            GateResult.Pass => incumbent is null ? "better than the baseline" : "not worse than the incumbent",
            GateResult.Fail => incumbent is null ? "not better than the baseline" : "worse than the incumbent",
            _ => $"{candidate.Count} test rows cannot tell; label more, about {RowsNeeded(candidate, other, margin)} in all",
        };
        return new GateVerdict(
            result, against, mean, difference.Low, difference.High, score.Low, score.High, candidate.Count, reason);
    }

    private static ((double Low, double High) Difference, (double Low, double High) Score) Bootstrap(
        IReadOnlyList<RowScore> candidate, IReadOnlyList<RowScore> other)
    {
        var random = new Random(Seed);
        var (differences, scores) = (new double[Resamples], new double[Resamples]);
        for (var r = 0; r < Resamples; r++)
        {
            double hits = 0, of = 0, otherHits = 0, otherOf = 0;
            for (var k = 0; k < candidate.Count; k++)
            {
                var row = random.Next(candidate.Count);
                (hits, of) = (hits + candidate[row].Hits, of + candidate[row].Of);
                (otherHits, otherOf) = (otherHits + other[row].Hits, otherOf + other[row].Of);
            }
            scores[r] = of > 0 ? hits / of : 0;
            differences[r] = scores[r] - (otherOf > 0 ? otherHits / otherOf : 0);
        }
        return (Interval(differences), Interval(scores));
    }

    private static (double Low, double High) Interval(double[] values)
    {
        Array.Sort(values);
        return (values[(int)(values.Length * 0.025)], values[(int)(values.Length * 0.975) - 1]);
    }

    // n for a one-sided 95 % test with 80 % power at the margin: (1.645 + 0.842)² · mean squared difference of a row / margin²; for right
    // and wrong that mean is the share of rows on which the two differ.
    private static int RowsNeeded(IReadOnlyList<RowScore> candidate, IReadOnlyList<RowScore> other, double margin)
    {
        var squared = candidate.Zip(other, (c, o) => Share(c) - Share(o)).Average(d => d * d);
        return (int)Math.Ceiling(6.185 * Math.Max(squared / (margin * margin), FewestRows));
    }

    private static double Share(RowScore row) => row.Of > 0 ? row.Hits / row.Of : 1;
}
