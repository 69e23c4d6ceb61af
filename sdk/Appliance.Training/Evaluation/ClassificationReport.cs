namespace Appliance.Training.Evaluation;

/// <summary>How well predictions meet the labels.</summary>
/// <param name="Accuracy">Share of right predictions, 0 to 1.</param>
/// <param name="MacroF1">Mean over the classes of 2·P·R / (P + R); a class that nobody has or predicts counts 0.</param>
/// <param name="Confusion">[true class][predicted class] counts.</param>
public sealed record ClassificationReport(double Accuracy, double MacroF1, IReadOnlyList<IReadOnlyList<int>> Confusion)
{
    /// <exception cref="ArgumentException">The lists are empty or of different lengths.</exception>
    public static ClassificationReport Of(IReadOnlyList<long> truth, IReadOnlyList<long> predicted, int classes)
    {
        if (truth.Count == 0 || truth.Count != predicted.Count)
        {
            throw new ArgumentException("Labels and predictions must be as many, and at least one.");
        }
        var confusion = Enumerable.Range(0, classes).Select(_ => new int[classes]).ToArray();
        for (var k = 0; k < truth.Count; k++)
        {
            confusion[truth[k]][predicted[k]]++;
        }
        var right = Enumerable.Range(0, classes).Sum(c => confusion[c][c]);
        var f1 = Enumerable.Range(0, classes).Average(c => F1(confusion, c));
        return new ClassificationReport((double)right / truth.Count, f1, confusion);
    }

    /// <summary>The metrics by the names that recipes use.</summary>
    internal Scores ToScores(double loss) => new(loss, new Dictionary<string, double> { ["accuracy"] = Accuracy, ["macro_f1"] = MacroF1, ["f1"] = MacroF1 });

    private static double F1(int[][] confusion, int c)
    {
        var hits = confusion[c][c];
        var labelled = confusion[c].Sum();
        var predicted = confusion.Sum(row => row[c]);
        return labelled + predicted == 0 ? 0 : 2.0 * hits / (labelled + predicted);
    }
}
