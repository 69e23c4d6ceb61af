namespace Appliance.Domain.Audit.Reports;

/// <summary>The words of the reports, in <c>texts.tsv</c>: a key, English, Italian.</summary>
internal static class ReportTexts
{
    private static readonly Lazy<IReadOnlyDictionary<string, string[]>> Table = new(Read);

    /// <exception cref="KeyNotFoundException">A key is missing in the table: a test walks over all of them.</exception>
    internal static string Of(string key, string language) =>
        Table.Value.TryGetValue(key, out var words) ? words[language == "it" ? 1 : 0] : throw new KeyNotFoundException($"texts.tsv has no '{key}'.");

    private static Dictionary<string, string[]> Read()
    {
        using var reader = new StreamReader(typeof(ReportTexts).Assembly.GetManifestResourceStream("reports/texts.tsv")!);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('\t')).ToDictionary(l => l[0], l => l[1..]);
    }
}
