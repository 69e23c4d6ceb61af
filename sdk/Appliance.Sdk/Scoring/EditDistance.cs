namespace Appliance.Sdk.Scoring;

/// <summary>The fewest insertions, deletions and changes that make one sequence of another (Levenshtein 1966).</summary>
internal static class EditDistance
{
    internal static int Of<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b)
        where T : IEquatable<T>
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var (diagonal, _) = (row[0], row[0] = i);
            for (var j = 1; j <= b.Length; j++)
            {
                var next = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1].Equals(b[j - 1]) ? 0 : 1));
                (diagonal, row[j]) = (row[j], next);
            }
        }
        return row[^1];
    }
}
