using Appliance.Domain.Datasets;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Scoring;

namespace Appliance.Domain.Models;

/// <summary>Turns answers to a frozen test set into a report that anyone can compute again. The host scores; a plugin's own figures are not asked for.</summary>
public static class Evaluations
{
    /// <summary>The rows of a split, in the order that answers come in.</summary>
    public static IReadOnlyList<StoredRow> Rows(IReadOnlyList<StoredRow> rows, Split split) =>
        [.. rows.Where(r => r.Split == split)];

    /// <param name="answers">To each test row, in order.</param>
    /// <exception cref="InvalidDataException">The worker gave another number of answers, or classes that there are not.</exception>
    public static EvaluationReport Report(DatasetVersion dataset, IReadOnlyList<StoredRow> rows, IReadOnlyList<TaskOutput> answers)
    {
        var test = Rows(rows, Split.Test);
        if (answers.Count != test.Count
            || (dataset.Answer == AnswerKind.Class && answers.Any(a => a.Predictions.Count == 0 || !dataset.Labels.Contains(a.Predictions[0].Label))))
        {
            throw new InvalidDataException("The worker's answers do not fit the test set. Check the plugin.");
        }
        var scores = Scores(dataset, test, answers);
        var (metrics, confusion) = dataset.Answer switch
        {
            AnswerKind.Class => Classes(dataset, test, answers),
            AnswerKind.Span => (new Dictionary<string, double> { ["exact_match"] = test.Zip(answers).Average(p => Exact(dataset, p.First, p.Second) ? 1.0 : 0) }, []),
            AnswerKind.Text => (new Dictionary<string, double> { ["exact_match"] = scores.Average(s => s.Right ? 1.0 : 0), ["bleu"] = BleuOf(test, answers) }, []),
            _ => (new Dictionary<string, double> { ["exact_match"] = scores.Average(s => s.Right ? 1.0 : 0) }, []),
        };
        var judged = answers.Zip(test, (a, r) => JudgedAnswer.Of(dataset.Answer, About(dataset, r), r.Label, a.Predictions)).SelectMany(j => j).ToArray();
        metrics["calibration_error"] = CalibrationError(judged);
        if (judged.Any(j => j.Unsure))
        {
            metrics["unsure_share"] = judged.Average(j => j.Unsure ? 1.0 : 0);
            metrics["sure_score"] = judged.Where(j => !j.Unsure).Select(j => j.Right ? 1.0 : 0).DefaultIfEmpty(0).Average();
        }
        return new EvaluationReport(
            dataset.Id, RowScore.Measure(dataset.Answer), Total(scores), Total(Baseline(dataset, rows)), metrics, confusion,
            test.Zip(scores).DistinctBy(p => p.First.Id).ToDictionary(p => p.First.Id, p => p.Second)); // one text may stand under two labels
    }

    /// <summary>How much of each row is right.</summary>
    public static IReadOnlyList<RowScore> Scores(DatasetVersion dataset, IReadOnlyList<StoredRow> test, IReadOnlyList<TaskOutput> answers) =>
        [.. test.Zip(answers, (r, a) => RowScore.For(dataset.Answer, About(dataset, r), r.Label, a.Predictions))];

    /// <summary>What a model must beat on the test rows: the commonest class; no entity at all; the whole context; the text that was given.</summary>
    public static IReadOnlyList<RowScore> Baseline(DatasetVersion dataset, IReadOnlyList<StoredRow> rows)
    {
        var majority = dataset.Answer == AnswerKind.Class ? Majority(rows) : "";
        return [.. Rows(rows, Split.Test).Select(r => RowScore.For(dataset.Answer, About(dataset, r), r.Label, dataset.Answer switch
        {
            AnswerKind.Class => [new Prediction(majority, 1)],
            AnswerKind.Spans => [],
            AnswerKind.Span => [new Prediction("", 1, null, 0, About(dataset, r).Length)],
            _ => [new Prediction("", 1, About(dataset, r))],
        }))];
    }

    /// <summary>The baseline's name in a verdict.</summary>
    public static string BaselineName(AnswerKind kind) => kind switch
    {
        AnswerKind.Class => "majority-baseline",
        AnswerKind.Spans => "empty-baseline",
        AnswerKind.Span => "whole-context-baseline",
        _ => "copy-baseline",
    };

    /// <summary>Σ hits / Σ of: the measure of a set of rows.</summary>
    public static double Total(IReadOnlyList<RowScore> scores) => scores.Sum(s => s.Of) is > 0 and var of ? scores.Sum(s => s.Hits) / of : 0;

    /// <summary>The most frequent label of the training split.</summary>
    public static string Majority(IReadOnlyList<StoredRow> rows) => Rows(rows, Split.Train)
        .GroupBy(r => r.Label).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).First().Key;

    /// <summary>How far scores are from how often they are right, over 15 equal ranges (expected calibration error, Guo et al. 2017).</summary>
    public static double CalibrationError(IReadOnlyList<JudgedAnswer> judged) => judged
        .GroupBy(j => Math.Min(14, (int)(j.Score * 15)))
        .Sum(g => Math.Abs(g.Average(j => j.Score) - g.Average(j => j.Right ? 1.0 : 0)) * g.Count() / judged.Count);

    private static double BleuOf(IReadOnlyList<StoredRow> test, IReadOnlyList<TaskOutput> answers) => Bleu.Of(
        [.. answers.Select(a => a.Predictions.Count > 0 ? a.Predictions[0].Text ?? "" : "")], [[.. test.Select(r => r.Label)]]).Score / 100;

    private static string About(DatasetVersion dataset, StoredRow row) => row.Fields[dataset.Fields[^1]];

    private static bool Exact(DatasetVersion dataset, StoredRow row, TaskOutput answer)
    {
        var about = About(dataset, row);
        var (said, real) = (RowScore.Said(about, answer.Predictions), TextSpans.Read(row.Label, about.Length));
        return real.Count == 0 ? said.Length == 0 : SquadScores.ExactMatch(said, [.. real.Select(s => about[s.Start..s.End])]);
    }

    private static (Dictionary<string, double> Metrics, int[][] Confusion) Classes(
        DatasetVersion dataset, IReadOnlyList<StoredRow> test, IReadOnlyList<TaskOutput> answers)
    {
        var numbers = dataset.Labels.Index().ToDictionary(l => l.Item, l => l.Index);
        var confusion = dataset.Labels.Select(_ => new int[dataset.Labels.Count]).ToArray();
        foreach (var (row, answer) in test.Zip(answers))
        {
            confusion[numbers[row.Label]][numbers[answer.Predictions[0].Label]]++;
        }
        var f1 = Enumerable.Range(0, confusion.Length).Average(c =>
        {
            var total = confusion[c].Sum() + confusion.Sum(row => row[c]);
            return total == 0 ? 0 : 2.0 * confusion[c][c] / total;
        });
        return (new Dictionary<string, double> { ["macro_f1"] = f1 }, confusion);
    }
}
