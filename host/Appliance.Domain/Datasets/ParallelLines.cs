using Appliance.Domain.Privacy;

namespace Appliance.Domain.Datasets;

/// <summary>Pairs of files whose lines belong together, as translations come: the columns are the ends of the files' names.</summary>
internal static class ParallelLines
{
    internal static (IReadOnlyList<RawRow> Rows, IReadOnlyList<BadRow> Bad) Parse(IReadOnlyList<(string Name, ReadOnlyMemory<byte> Content)> files, RowLayout layout)
    {
        var (rows, bad) = (new List<RawRow>(), new List<BadRow>());
        var (field, ending) = layout.Columns[0];
        foreach (var (name, content) in files.Where(f => !f.Name.EndsWith(layout.LabelColumn, StringComparison.Ordinal)))
        {
            var partner = name.EndsWith(ending, StringComparison.Ordinal) ? name[..^ending.Length] + layout.LabelColumn : null;
            if (files.FirstOrDefault(f => f.Name == partner) is not { Name: not null } other)
            {
                bad.Add(new BadRow(name, 1, $"the file has no partner: names must be the same but for {ending} and {layout.LabelColumn}"));
                continue;
            }
            Read(name, field, Records.Lines(content), Records.Lines(other.Content), rows, bad);
        }
        return (rows, bad);
    }

    private static void Read(
        string file, string field, IReadOnlyList<ReadOnlyMemory<byte>> sources, IReadOnlyList<ReadOnlyMemory<byte>> targets, List<RawRow> rows, List<BadRow> bad)
    {
        if (sources.Count != targets.Count)
        {
            bad.Add(new BadRow(file, 1, $"the two files have {sources.Count} and {targets.Count} lines"));
            return;
        }
        for (var at = 0; at < sources.Count; at++)
        {
            var ((source, problem), (target, other)) = (Records.Decode(sources[at].Span), Records.Decode(targets[at].Span));
            problem ??= other ?? (string.IsNullOrWhiteSpace(source) || string.IsNullOrWhiteSpace(target) ? "one of the two lines is empty" : null);
            if (problem is not null)
            {
                bad.Add(new BadRow(file, at + 1, problem));
                continue;
            }
            rows.Add(new RawRow(file, at + 1, new Dictionary<string, Sensitive<string>> { [field] = new(source.Trim()) }, "") { Target = new Sensitive<string>(target.Trim()) });
        }
    }
}
