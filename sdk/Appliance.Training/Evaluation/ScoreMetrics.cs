namespace Appliance.Training.Evaluation;

/// <summary>Metrics of scores and probabilities, as scikit-learn 1.2 has them.</summary>
public static class ScoreMetrics
{
    private const double Tiny = 1e-15;

    /// <summary>Mean −log of the probability given to the true class.</summary>
    public static double LogLoss(IReadOnlyList<int> truth, IReadOnlyList<double[]> probabilities) =>
        truth.Zip(probabilities, (t, p) => -Math.Log(Math.Clamp(p[t], Tiny, 1 - Tiny) / p.Sum(v => Math.Clamp(v, Tiny, 1 - Tiny)))).Average();

    /// <summary>Mean squared distance of the positive class's probability from 0 or 1.</summary>
    public static double Brier(IReadOnlyList<bool> truth, IReadOnlyList<double> scores) => truth.Zip(scores, (t, s) => Math.Pow(s - (t ? 1 : 0), 2)).Average();

    /// <summary>Chance that a positive stands above a negative; ties count half. NaN where one of them is absent.</summary>
    public static double RocAuc(IReadOnlyList<bool> truth, IReadOnlyList<double> scores)
    {
        double positives = truth.Count(t => t), negatives = truth.Count - positives;
        var ranks = Ranks(scores);
        var sum = truth.Zip(ranks, (t, r) => t ? r : 0).Sum();
        return (sum - (positives * (positives + 1) / 2)) / (positives * negatives);
    }

    /// <summary>Area under precision over recall, as steps.</summary>
    public static double AveragePrecision(IReadOnlyList<bool> truth, IReadOnlyList<double> scores)
    {
        double positives = truth.Count(t => t), hits = 0, seen = 0, area = 0;
        foreach (var tie in truth.Zip(scores).GroupBy(p => p.Second).OrderByDescending(g => g.Key))
        {
            double more = tie.Count(p => p.First);
            (hits, seen) = (hits + more, seen + tie.Count());
            area += more / positives * (hits / seen);
        }
        return area;
    }

    /// <summary>Mean over the classes of each against the rest, or over all pairs of classes.</summary>
    public static double RocAucMacro(IReadOnlyList<int> truth, IReadOnlyList<double[]> probabilities, bool pairs)
    {
        var classes = probabilities[0].Length;
        if (!pairs)
        {
            return Enumerable.Range(0, classes).Average(c => RocAuc([.. truth.Select(t => t == c)], [.. probabilities.Select(p => p[c])]));
        }
        var both = from a in Enumerable.Range(0, classes) from b in Enumerable.Range(0, classes) where a != b select (a, b);
        return both.Average(p =>
        {
            var rows = Enumerable.Range(0, truth.Count).Where(k => truth[k] == p.a || truth[k] == p.b).ToArray();
            return RocAuc([.. rows.Select(k => truth[k] == p.a)], [.. rows.Select(k => probabilities[k][p.a])]);
        });
    }

    /// <summary>Share of rows whose true class is among the <paramref name="k"/> most probable; of ties the higher class first.</summary>
    public static double TopK(IReadOnlyList<int> truth, IReadOnlyList<double[]> probabilities, int k) => truth.Zip(probabilities, (t, p) =>
        p.Select((v, c) => (v, c)).OrderByDescending(x => x.v).ThenByDescending(x => x.c).Take(k).Any(x => x.c == t) ? 1.0 : 0).Average();

    /// <summary>Mean over the rows of the share of true labels above each true label.</summary>
    public static double LabelRanking(IReadOnlyList<bool[]> truth, IReadOnlyList<double[]> scores) => truth.Zip(scores, (t, s) =>
    {
        var real = Enumerable.Range(0, t.Length).Where(k => t[k]).ToArray();
        return real.Length == 0 || real.Length == t.Length ? 1 : real.Average(k => real.Count(j => s[j] >= s[k]) / (double)s.Count(v => v >= s[k]));
    }).Average();

    /// <summary>Normalised discounted cumulative gain with linear gain; tied scores share their gain.</summary>
    /// <param name="top">How many places count; null for all.</param>
    public static double Ndcg(IReadOnlyList<double[]> relevance, IReadOnlyList<double[]> scores, int? top = null) =>
        relevance.Zip(scores, (r, s) => Gain(r, s, top) is var gain && Gain(r, r, top) is > 0 and var best ? gain / best : 0).Average();

    private static double Gain(double[] relevance, double[] scores, int? top)
    {
        var (at, sum) = (0, 0.0);
        foreach (var tie in relevance.Zip(scores).GroupBy(p => p.Second).OrderByDescending(g => g.Key))
        {
            var mean = tie.Average(p => p.First);
            for (var k = 0; k < tie.Count(); k++, at++)
            {
                sum += at < (top ?? int.MaxValue) ? mean / Math.Log2(at + 2) : 0;
            }
        }
        return sum;
    }

    /// <summary>Ranks from 1; ties share the mean of theirs.</summary>
    internal static double[] Ranks(IReadOnlyList<double> values)
    {
        var ranks = new double[values.Count];
        var at = 0;
        foreach (var tie in Enumerable.Range(0, values.Count).GroupBy(k => values[k]).OrderBy(g => g.Key))
        {
            var members = tie.ToArray();
            foreach (var k in members)
            {
                ranks[k] = at + ((members.Length + 1) / 2.0);
            }
            at += members.Length;
        }
        return ranks;
    }
}

/// <summary>Metrics of predicted numbers.</summary>
public static class RegressionMetrics
{
    public static double MeanSquared(IReadOnlyList<double> truth, IReadOnlyList<double> predicted) => truth.Zip(predicted, (t, p) => Math.Pow(t - p, 2)).Average();

    public static double MeanAbsolute(IReadOnlyList<double> truth, IReadOnlyList<double> predicted) => truth.Zip(predicted, (t, p) => Math.Abs(t - p)).Average();

    /// <summary>Share of the variance that is explained; 1 at best.</summary>
    public static double R2(IReadOnlyList<double> truth, IReadOnlyList<double> predicted)
    {
        var mean = truth.Average();
        return 1 - (MeanSquared(truth, predicted) * truth.Count / truth.Sum(t => Math.Pow(t - mean, 2)));
    }

    public static double Pearson(IReadOnlyList<double> a, IReadOnlyList<double> b)
    {
        var (ma, mb) = (a.Average(), b.Average());
        return a.Zip(b, (x, y) => (x - ma) * (y - mb)).Sum() / Math.Sqrt(a.Sum(x => Math.Pow(x - ma, 2)) * b.Sum(y => Math.Pow(y - mb, 2)));
    }

    /// <summary>Pearson's correlation of the ranks.</summary>
    public static double Spearman(IReadOnlyList<double> a, IReadOnlyList<double> b) => Pearson(ScoreMetrics.Ranks(a), ScoreMetrics.Ranks(b));
}

/// <summary>Metrics of rows that may have several labels.</summary>
public static class MultiLabelMetrics
{
    /// <summary>Over all labels and rows together.</summary>
    public static ClassScore Micro(IReadOnlyList<bool[]> truth, IReadOnlyList<bool[]> predicted) =>
        Score(truth.SelectMany(t => t), predicted.SelectMany(p => p));

    /// <summary>Of each label.</summary>
    public static IReadOnlyList<ClassScore> PerLabel(IReadOnlyList<bool[]> truth, IReadOnlyList<bool[]> predicted) =>
        [.. Enumerable.Range(0, truth[0].Length).Select(c => Score(truth.Select(t => t[c]), predicted.Select(p => p[c])))];

    /// <summary>F1 of each row, in the mean.</summary>
    public static double SamplesF1(IReadOnlyList<bool[]> truth, IReadOnlyList<bool[]> predicted) => truth.Zip(predicted, (t, p) => Score(t, p).F1).Average();

    /// <summary>Share of rows with every label right.</summary>
    public static double SubsetAccuracy(IReadOnlyList<bool[]> truth, IReadOnlyList<bool[]> predicted) => truth.Zip(predicted, (t, p) => t.SequenceEqual(p) ? 1.0 : 0).Average();

    /// <summary>Share of labels that are wrong.</summary>
    public static double HammingLoss(IReadOnlyList<bool[]> truth, IReadOnlyList<bool[]> predicted) => truth.Zip(predicted, (t, p) => t.Zip(p, (a, b) => a == b ? 0.0 : 1).Average()).Average();

    private static ClassScore Score(IEnumerable<bool> truth, IEnumerable<bool> predicted)
    {
        var both = truth.Zip(predicted).ToArray();
        return ClassMetrics.Score(both.Count(b => b.First && b.Second), both.Count(b => b.Second), both.Count(b => b.First));
    }
}
