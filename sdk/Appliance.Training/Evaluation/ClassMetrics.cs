namespace Appliance.Training.Evaluation;

/// <summary>Precision, recall and F1 of a class or of several together.</summary>
public sealed record ClassScore(double Precision, double Recall, double F1, int Support);

/// <summary>Everything that scikit-learn's reports say of predicted classes; nothing divided by nothing counts 0.</summary>
public sealed class ClassMetrics
{
    private readonly int[][] _confusion;
    private readonly int _count;

    /// <param name="truth">Class numbers from 0.</param>
    /// <exception cref="ArgumentException">The lists are empty or of different lengths.</exception>
    public ClassMetrics(IReadOnlyList<int> truth, IReadOnlyList<int> predicted, int classes)
    {
        if (truth.Count == 0 || truth.Count != predicted.Count)
        {
            throw new ArgumentException("Labels and predictions must be as many, and at least one.");
        }
        _count = truth.Count;
        _confusion = [.. Enumerable.Range(0, classes).Select(_ => new int[classes])];
        foreach (var (t, p) in truth.Zip(predicted))
        {
            _confusion[t][p]++;
        }
        PerClass = [.. Enumerable.Range(0, classes).Select(c => Score(_confusion[c][c], Predicted(c), True(c)))];
    }

    /// <summary>[true class][predicted class] counts.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Confusion => _confusion;

    public IReadOnlyList<ClassScore> PerClass { get; }

    public double Accuracy => (double)Right / _count;

    /// <summary>Mean recall of the classes that occur.</summary>
    public double BalancedAccuracy => PerClass.Where(c => c.Support > 0).Average(c => c.Recall);

    public ClassScore Micro => Score(Right, _count, _count);

    public ClassScore Macro => Mean(_ => 1.0 / PerClass.Count);

    public ClassScore Weighted => Mean(c => (double)c.Support / _count);

    /// <summary>Matthews' correlation, −1 to 1.</summary>
    public double Matthews
    {
        get
        {
            double both = Sum(c => (double)True(c) * Predicted(c)), n = _count;
            var (p, t) = ((n * n) - Sum(c => Math.Pow(Predicted(c), 2)), (n * n) - Sum(c => Math.Pow(True(c), 2)));
            return p * t == 0 ? 0 : ((Right * n) - both) / Math.Sqrt(p * t);
        }
    }

    /// <summary>Cohen's κ: agreement beyond chance, −1 to 1.</summary>
    public double Kappa
    {
        get
        {
            var chance = Sum(c => (double)True(c) * Predicted(c)) / ((double)_count * _count);
            return chance == 1 ? double.NaN : (Accuracy - chance) / (1 - chance);
        }
    }

    private int Right => Enumerable.Range(0, _confusion.Length).Sum(c => _confusion[c][c]);

    private int True(int c) => _confusion[c].Sum();

    private int Predicted(int c) => _confusion.Sum(row => row[c]);

    private double Sum(Func<int, double> of) => Enumerable.Range(0, _confusion.Length).Sum(of);

    private ClassScore Mean(Func<ClassScore, double> weight) =>
        new(PerClass.Sum(c => c.Precision * weight(c)), PerClass.Sum(c => c.Recall * weight(c)), PerClass.Sum(c => c.F1 * weight(c)), _count);

    internal static ClassScore Score(double hits, double predicted, double real)
    {
        var (p, r) = (predicted == 0 ? 0 : hits / predicted, real == 0 ? 0 : hits / real);
        return new ClassScore(p, r, p + r == 0 ? 0 : 2 * p * r / (p + r), (int)real);
    }
}
