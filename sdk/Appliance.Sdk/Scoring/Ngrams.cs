namespace Appliance.Sdk.Scoring;

/// <summary>Counts of neighbouring things.</summary>
internal static class Ngrams
{
    private const char Between = '\u0001';

    internal static Dictionary<string, int> Of(IReadOnlyList<string> parts, int order)
    {
        var counts = new Dictionary<string, int>();
        for (var k = 0; k + order <= parts.Count; k++)
        {
            var one = string.Join(Between, parts.Skip(k).Take(order));
            counts[one] = counts.GetValueOrDefault(one) + 1;
        }
        return counts;
    }

    internal static int Shared(Dictionary<string, int> a, Dictionary<string, int> b) => a.Sum(g => Math.Min(g.Value, b.GetValueOrDefault(g.Key)));

    internal static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
