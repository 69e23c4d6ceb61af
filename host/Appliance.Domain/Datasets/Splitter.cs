namespace Appliance.Domain.Datasets;

/// <summary>Which part of a dataset a row belongs to.</summary>
public enum Split
{
    Train,
    Validation,
    Test,
}

/// <summary>Splits rows 70/15/15 by label, keeping near-duplicates together. The seed and the rows' numbers decide.</summary>
public static class Splitter
{
    /// <summary>The part that a file's name speaks of; null where it names none.</summary>
    public static Split? Named(string file) => file.ToLowerInvariant() switch
    {
        var f when f.Contains("train", StringComparison.Ordinal) => Split.Train,
        var f when f.Contains("dev", StringComparison.Ordinal) || f.Contains("valid", StringComparison.Ordinal) => Split.Validation,
        var f when f.Contains("test", StringComparison.Ordinal) => Split.Test,
        _ => null,
    };

    private const double TestShare = 0.15, TestAndValidation = 0.30, LargeShare = 0.05;

    /// <param name="labels">Label of each row.</param>
    /// <param name="groups">Group of each row; rows of one group get one split.</param>
    /// <param name="numbers">What a row is known by, such as its number in the files: the seed draws on it, and on nothing that the row says.</param>
    public static Split[] Assign(IReadOnlyList<string> labels, IReadOnlyList<int> groups, IReadOnlyList<int> numbers, int seed)
    {
        var splits = new Split[labels.Count];
        // Rows of each label stand in the order that is drawn for them; the first go to the test, the next to the validation. A group that
        // changes moves its neighbours by as much and nobody else, so that a better detector leaves the test as it was, but for a few rows.
        var drawn = Enumerable.Range(0, labels.Count).GroupBy(k => groups[k])
            .Select(g => (Rows: g.ToArray(), Label: g.GroupBy(k => labels[k]).MaxBy(l => l.Count())!.Key, Order: Draw(seed, g.Min(k => numbers[k]))));
        foreach (var label in drawn.GroupBy(g => g.Label))
        {
            var (all, before) = (label.Sum(g => g.Rows.Length), 0);
            // A group that is too large for a small part is learnt from.
            foreach (var (k, (rows, _, _)) in label.OrderBy(g => g.Rows.Length > LargeShare * all).ThenBy(g => g.Order).Index())
            {
                var split = At((before + (rows.Length / 2.0)) / all, k, label.Count());
                Array.ForEach(rows, r => splits[r] = split);
                before += rows.Length;
            }
        }
        return splits;
    }

    // A label that has few groups still has one in each part.
    private static Split At(double place, int group, int groups) =>
        place < TestShare || (group == 0 && groups >= 3) ? Split.Test
        : place < TestAndValidation || (group == 1 && groups >= 4) ? Split.Validation
        : Split.Train;

    // SplitMix64 (Steele, Lea and Flood 2014).
    private static ulong Draw(int seed, int number)
    {
        var x = ((ulong)(uint)seed << 32) + (uint)number + 0x9E3779B97F4A7C15UL;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
