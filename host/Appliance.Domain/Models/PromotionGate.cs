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
/// <param name="Against">The incumbent's id, or <c>majority-baseline</c>.</param>
/// <param name="Difference">Candidate's accuracy less the other's.</param>
/// <param name="DifferenceLow">Lower end of the 95 % interval of the difference.</param>
/// <param name="AccuracyLow">Lower end of the 95 % interval of the candidate's accuracy.</param>
public sealed record GateVerdict(
    GateResult Result, string Against, double Difference, double DifferenceLow, double DifferenceHigh,
    double AccuracyLow, double AccuracyHigh, int TestRows, string Reason);

/// <summary>Compares a candidate with the incumbent on the same frozen rows; pure, and the same for the same numbers.</summary>
/// <remarks>Paired bootstrap over test rows (Efron and Tibshirani 1993): 10,000 resamples, percentile interval, fixed seed.</remarks>
public static class PromotionGate
{
    /// <summary>How much worse than the incumbent a candidate may be, in accuracy: one point.</summary>
    public const double Margin = 0.01;
    private const int Resamples = 10_000;
    private const int Seed = 20_26;

    /// <param name="incumbent">Right or wrong for each row, or null to compare with the majority baseline.</param>
    /// <param name="baselineCorrect">Right or wrong of the majority baseline for each row.</param>
    public static GateVerdict Judge(
        IReadOnlyList<bool> candidate, IReadOnlyList<bool>? incumbent, IReadOnlyList<bool> baselineCorrect, string against)
    {
        if (candidate.Count == 0 || candidate.Count != (incumbent ?? baselineCorrect).Count)
        {
            throw new ArgumentException("Candidate and incumbent must be judged on the same rows, at least one.");
        }
        var other = incumbent ?? baselineCorrect;
        var (difference, accuracy) = Bootstrap(candidate, other);
        var mean = candidate.Zip(other, (c, o) => (c ? 1.0 : 0) - (o ? 1 : 0)).Average();
        // Better than guessing must be proven; as good as the incumbent within a margin is enough.
        var floor = incumbent is null ? 0 : -Margin;
        var result = difference.Low > floor ? GateResult.Pass
            : difference.High <= floor || (incumbent is null && mean <= 0) ? GateResult.Fail
            : GateResult.Undecided;
        var reason = result switch
        {
            GateResult.Pass => incumbent is null ? "better than the baseline" : "not worse than the incumbent",
            GateResult.Fail => incumbent is null ? "not better than the baseline" : "worse than the incumbent",
            _ => $"{candidate.Count} test rows cannot tell; label more, about {RowsNeeded(candidate, other)} in all",
        };
        return new GateVerdict(
            result, against, mean, difference.Low, difference.High, accuracy.Low, accuracy.High, candidate.Count, reason);
    }

    private static ((double Low, double High) Difference, (double Low, double High) Accuracy) Bootstrap(
        IReadOnlyList<bool> candidate, IReadOnlyList<bool> other)
    {
        var random = new Random(Seed);
        var (differences, accuracies) = (new double[Resamples], new double[Resamples]);
        for (var r = 0; r < Resamples; r++)
        {
            int right = 0, otherRight = 0;
            for (var k = 0; k < candidate.Count; k++)
            {
                var row = random.Next(candidate.Count);
                right += candidate[row] ? 1 : 0;
                otherRight += other[row] ? 1 : 0;
            }
            accuracies[r] = (double)right / candidate.Count;
            differences[r] = (double)(right - otherRight) / candidate.Count;
        }
        return (Interval(differences), Interval(accuracies));
    }

    private static (double Low, double High) Interval(double[] values)
    {
        Array.Sort(values);
        return (values[(int)(values.Length * 0.025)], values[(int)(values.Length * 0.975) - 1]);
    }

    // n for a one-sided 95 % test with 80 % power at the margin: (1.645 + 0.842)² · discordance / margin².
    private static int RowsNeeded(IReadOnlyList<bool> candidate, IReadOnlyList<bool> other)
    {
        var discordant = candidate.Zip(other, (c, o) => c != o ? 1.0 : 0).Average();
        return (int)Math.Ceiling(6.185 * Math.Max(discordant, 0.01) / (Margin * Margin));
    }
}
