namespace Appliance.Domain.Datasets;

/// <summary>Which part of a dataset a row belongs to.</summary>
public enum Split
{
    Train,
    Validation,
    Test,
}

/// <summary>Splits rows 70/15/15 by label, keeping near-duplicates together. The seed and the rows decide alone.</summary>
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

    private static readonly (Split Split, double Share)[] Shares =
        [(Split.Test, 0.15), (Split.Validation, 0.15), (Split.Train, 0.70)];

    /// <param name="labels">Label of each row.</param>
    /// <param name="groups">Group of each row; rows of one group get one split.</param>
    public static Split[] Assign(IReadOnlyList<string> labels, IReadOnlyList<int> groups, int seed)
    {
        var members = Enumerable.Range(0, labels.Count).GroupBy(k => groups[k]).Select(g => g.ToArray()).ToArray();
        new Random(seed).Shuffle(members);
        var quota = labels.GroupBy(l => l).ToDictionary(g => g.Key, g => (double)g.Count());
        var taken = Shares.ToDictionary(s => s.Split, _ => new Dictionary<string, int>());
        var splits = new Split[labels.Count];
        // Large groups first: they are the ones that could miss their quota.
        foreach (var group in members.OrderByDescending(g => g.Length))
        {
            var label = group.GroupBy(k => labels[k]).MaxBy(g => g.Count())!.Key;
            var chosen = Shares.MinBy(s =>
                (taken[s.Split].GetValueOrDefault(label) + (group.Length / 2.0)) / (quota[label] * s.Share)).Split;
            foreach (var k in group)
            {
                splits[k] = chosen;
                taken[chosen][labels[k]] = taken[chosen].GetValueOrDefault(labels[k]) + 1;
            }
        }
        return splits;
    }
}
