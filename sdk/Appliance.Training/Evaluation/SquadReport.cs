using Appliance.Sdk.Scoring;

namespace Appliance.Training.Evaluation;

/// <summary>A prediction for a question that may have no answer.</summary>
public sealed record SquadPrediction(string Text, IReadOnlyList<string> Answers, double NoAnswerProbability);

/// <summary>SQuAD 2.0's figures, in per cent.</summary>
/// <param name="BestExact">With the best threshold on the probability that there is no answer.</param>
public sealed record SquadReport(
    double Exact, double F1, double? HasAnswerExact, double? HasAnswerF1, double? NoAnswerExact, double? NoAnswerF1,
    double BestExact, double BestExactThreshold, double BestF1, double BestF1Threshold)
{
    /// <exception cref="ArgumentException">No predictions.</exception>
    public static SquadReport Of(IReadOnlyList<SquadPrediction> items)
    {
        if (items.Count == 0)
        {
            throw new ArgumentException("There must be at least one prediction.");
        }
        var scored = items.Select(i =>
        {
            // As the script: answers that are empty once normalised do not count; without any, the empty text is right.
            string[] gold = [.. i.Answers.Where(a => SquadScores.Normalise(a).Length > 0)];
            gold = gold.Length == 0 ? [""] : gold;
            return (Item: i, Has: i.Answers.Any(a => SquadScores.Normalise(a).Length > 0),
                Exact: SquadScores.ExactMatch(i.Text, gold) ? 1.0 : 0, F1: SquadScores.F1(i.Text, gold, emptyAgree: true));
        }).ToArray();
        static double? Mean(IEnumerable<double> values) => values.Any() ? 100 * values.Average() : null;
        var (exact, exactAt) = Best([.. scored.Select(s => (s.Item, s.Has, s.Exact))]);
        var (f1, f1At) = Best([.. scored.Select(s => (s.Item, s.Has, s.F1))]);
        return new SquadReport(
            100 * scored.Average(s => s.Exact), 100 * scored.Average(s => s.F1),
            Mean(scored.Where(s => s.Has).Select(s => s.Exact)), Mean(scored.Where(s => s.Has).Select(s => s.F1)),
            Mean(scored.Where(s => !s.Has).Select(s => s.Exact)), Mean(scored.Where(s => !s.Has).Select(s => s.F1)), exact, exactAt, f1, f1At);
    }

    // Answers are given up from the surest "no answer" on; the best point of the way counts.
    private static (double Best, double Threshold) Best((SquadPrediction Item, bool Has, double Score)[] items)
    {
        double current = items.Count(i => !i.Has), best = current, threshold = 0;
        foreach (var (item, has, score) in items.OrderBy(i => i.Item.NoAnswerProbability))
        {
            current += has ? score : item.Text.Length > 0 ? -1 : 0;
            if (current > best)
            {
                (best, threshold) = (current, item.NoAnswerProbability);
            }
        }
        return (100 * best / items.Length, threshold);
    }
}
