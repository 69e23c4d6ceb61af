using Appliance.Domain.Datasets;

namespace Appliance.Domain.Models;

/// <summary>Turns predictions on a frozen test set into a report that anyone can compute again.</summary>
public static class Evaluations
{
    /// <summary>The rows of a split, in the order that predictions come in.</summary>
    public static IReadOnlyList<StoredRow> Rows(IReadOnlyList<StoredRow> rows, Split split) =>
        [.. rows.Where(r => r.Split == split)];

    /// <param name="predictions">Number of the predicted label for each test row.</param>
    /// <exception cref="InvalidDataException">The worker gave another number of predictions, or numbers out of range.</exception>
    public static EvaluationReport Report(
        DatasetVersion dataset, IReadOnlyList<StoredRow> rows, IReadOnlyList<long> predictions)
    {
        var test = Rows(rows, Split.Test);
        var classes = dataset.Labels.Count;
        if (predictions.Count != test.Count || predictions.Any(p => p < 0 || p >= classes))
        {
            throw new InvalidDataException("The worker's predictions do not fit the test set. Check the plugin.");
        }
        var majority = Majority(rows);
        var confusion = Enumerable.Range(0, classes).Select(_ => new int[classes]).ToArray();
        var correct = new Dictionary<string, bool>();
        for (var k = 0; k < test.Count; k++)
        {
            var truth = dataset.Labels.ToList().IndexOf(test[k].Label);
            confusion[truth][predictions[k]]++;
            correct[test[k].Id] = truth == predictions[k];
        }
        var f1 = Enumerable.Range(0, classes).Average(c =>
        {
            var total = confusion[c].Sum() + confusion.Sum(row => row[c]);
            return total == 0 ? 0 : 2.0 * confusion[c][c] / total;
        });
        return new EvaluationReport(
            dataset.Id, correct.Values.Average(c => c ? 1.0 : 0), f1, test.Average(r => r.Label == majority ? 1.0 : 0), confusion, correct);
    }

    /// <summary>The most frequent label of the training split.</summary>
    public static string Majority(IReadOnlyList<StoredRow> rows) => Rows(rows, Split.Train)
        .GroupBy(r => r.Label).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).First().Key;
}
