using Appliance.Sdk.Plugins;

namespace Appliance.Training.Tasks;

/// <summary>Makes scores mean what they say: of the answers with 0.8, eight in ten are right. Fitted on rows that were not learnt from.</summary>
/// <remarks>
/// One factor on the log-odds of all classes (temperature scaling, Guo et al. 2017), or factor and offset on an answer's own
/// (Platt 1999) where there are no classes to share the probability with.
/// </remarks>
/// <param name="Slope">Above 0; 1 changes nothing.</param>
/// <param name="Offset">0 for classes.</param>
/// <param name="UnsureBelow">Scores below it are marked as unsure; 0 for none.</param>
public sealed record Calibration(double Slope, double Offset, double UnsureBelow)
{
    private const int Steps = 50;
    private const double Least = 1e-6;
    private const double SlopeMin = 0.05, SlopeMax = 5;
    private const double Prior = 5; // rows' worth of belief in a slope of 1: few rows that happen to part well say little

    public static Calibration None { get; } = new(1, 0, 0);

    /// <param name="classes">Whether the predictions of an output share one probability.</param>
    public TaskOutput Apply(TaskOutput output, bool classes)
    {
        var scores = classes
            ? Shared([.. output.Predictions.Select(p => p.Score)], Slope)
            : [.. output.Predictions.Select(p => Sigmoid((Slope * LogOdds(p.Score)) + Offset))];
        return output with { Predictions = [.. output.Predictions.Select((p, k) => p with { Score = scores[k], Unsure = k is 0 || !classes ? scores[k] < UnsureBelow : p.Unsure })] };
    }

    /// <summary>Classes: the factor with the least cross-entropy.</summary>
    /// <param name="rows">The scores of each row's classes, and the place of the right one among them, or −1.</param>
    public static Calibration OfClasses(IReadOnlyList<(double[] Scores, int Right)> rows)
    {
        var known = rows.Where(r => r.Right >= 0).ToArray();
        double Loss(double slope) => -known.Sum(r => Math.Log(Math.Max(Least, Shared(r.Scores, slope)[r.Right])));
        var (low, high) = (Math.Log(SlopeMin), Math.Log(SlopeMax));
        for (var k = 0; k < Steps && known.Length > 0; k++)
        {
            // The loss has one lowest point: each step drops the third that cannot hold it.
            var (a, b) = (low + ((high - low) / 3), high - ((high - low) / 3));
            (low, high) = Loss(Math.Exp(a)) < Loss(Math.Exp(b)) ? (low, b) : (a, high);
        }
        return known.Length == 0 ? None : new Calibration(Math.Exp((low + high) / 2), 0, 0);
    }

    /// <summary>Single answers: factor and offset with the least cross-entropy, by Newton's steps; targets are held off 0 and 1 as Platt does.</summary>
    public static Calibration OfAnswers(IReadOnlyList<(double Score, bool Right)> answers)
    {
        double right = answers.Count(a => a.Right), wrong = answers.Count - right;
        if (right == 0 || wrong == 0)
        {
            return None; // nothing to tell apart
        }
        var (yes, no) = ((right + 1) / (right + 2), 1 / (wrong + 2));
        (double X, double Wanted)[] points = [.. answers.Select(a => (LogOdds(a.Score), a.Right ? yes : no))];
        double Loss(double slope, double offset) => points.Sum(p => CrossEntropy((slope * p.X) + offset, p.Wanted)) + (Prior * (slope - 1) * (slope - 1));
        var (slope, offset) = (1.0, 0.0);
        for (var k = 0; k < Steps; k++)
        {
            var (down, aside) = NewtonStep(points, slope, offset);
            // A whole step may jump over the lowest point: it is halved until the loss falls.
            var (share, now) = (1.0, Loss(slope, offset));
            while (share > 1e-6 && Loss(Bounded(slope - (share * down)), offset - (share * aside)) > now)
            {
                share /= 2;
            }
            (slope, offset) = (Bounded(slope - (share * down)), offset - (share * aside));
        }
        return new Calibration(slope, offset, 0);
    }

    private static (double Slope, double Offset) NewtonStep((double X, double Wanted)[] points, double slope, double offset)
    {
        double g0 = 2 * Prior * (slope - 1), g1 = 0, h00 = 2 * Prior, h01 = 0, h11 = Least;
        foreach (var (x, wanted) in points)
        {
            var p = Sigmoid((slope * x) + offset);
            var (error, weight) = (p - wanted, p * (1 - p));
            (g0, g1) = (g0 + (error * x), g1 + error);
            (h00, h01, h11) = (h00 + (weight * x * x), h01 + (weight * x), h11 + weight);
        }
        var determinant = Math.Max((h00 * h11) - (h01 * h01), Least * Least);
        return (((h11 * g0) - (h01 * g1)) / determinant, ((h00 * g1) - (h01 * g0)) / determinant);
    }

    private static double Bounded(double slope) => Math.Clamp(slope, SlopeMin, SlopeMax);

    // −(w log σ(z) + (1 − w) log(1 − σ(z))), without overflow
    private static double CrossEntropy(double z, double wanted) => Math.Max(z, 0) - (z * wanted) + Math.Log(1 + Math.Exp(-Math.Abs(z)));

    /// <summary>The lowest score from which on the answers reach an accuracy; above 1 where none do, so that every answer is unsure.</summary>
    public static double Threshold(IReadOnlyList<(double Score, bool Right)> answers, double accuracy)
    {
        var (best, right, seen) = (1.01, 0, 0);
        foreach (var group in answers.GroupBy(a => a.Score).OrderByDescending(g => g.Key))
        {
            (right, seen) = (right + group.Count(a => a.Right), seen + group.Count());
            best = right >= accuracy * seen ? group.Key : best;
        }
        return accuracy <= 0 ? 0 : best;
    }

    private static double[] Shared(double[] scores, double slope)
    {
        var most = Math.Log(Math.Max(Least * Least, scores.Max()));
        double[] raised = [.. scores.Select(s => Math.Exp(slope * (Math.Log(Math.Max(Least * Least, s)) - most)))];
        var sum = raised.Sum();
        return [.. raised.Select(r => r / sum)];
    }

    private static double LogOdds(double p) => Math.Log(Math.Clamp(p, Least, 1 - Least) / (1 - Math.Clamp(p, Least, 1 - Least)));

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
