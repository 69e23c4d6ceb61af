using System.Text.Json;
using Appliance.Domain.Privacy;

namespace Appliance.Domain.Datasets;

/// <summary>Reads labelled rows strictly: every row is either taken or reported with file, line and reason.</summary>
public static class RowParser
{
    /// <summary>The formats that can be read.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["csv", "tsv", "jsonl"];

    public static (IReadOnlyList<RawRow> Rows, IReadOnlyList<BadRow> Bad) Parse(
        string file, ReadOnlyMemory<byte> content, RowLayout layout)
    {
        var rows = new List<RawRow>();
        var bad = new List<BadRow>();
        var lines = Records.Lines(content);
        if (layout.Format == "jsonl")
        {
            for (var at = 0; at < lines.Count; at++)
            {
                if (lines[at].Length > 0)
                {
                    ReadJson(file, at + 1, lines[at], layout, rows, bad);
                }
            }
            return (rows, bad);
        }
        var records = layout.Format == "csv" ? Records.Csv(lines) : Records.Tsv(lines);
        ReadTable(file, records, layout, rows, bad);
        return (rows, bad);
    }

    private static void ReadTable(
        string file, IEnumerable<FileRecord> records, RowLayout layout, List<RawRow> rows, List<BadRow> bad)
    {
        int text = -1, label = -1, columns = 0;
        foreach (var record in records)
        {
            if (columns == 0)
            {
                var header = record.Fields.Select(f => f.Trim()).ToList();
                (text, label, columns) = (header.IndexOf(layout.TextColumn), header.IndexOf(layout.LabelColumn), header.Count);
                if (text < 0 || label < 0)
                {
                    bad.Add(new BadRow(file, record.Line,
                        $"the header has no column '{(text < 0 ? layout.TextColumn : layout.LabelColumn)}'; name it with --text and --label"));
                    return;
                }
                continue;
            }
            var problem = record.Problem ?? (record.Fields.Count == columns
                ? null
                : $"{record.Fields.Count} fields instead of {columns}; quote fields that hold the separator");
            if (problem is not null)
            {
                bad.Add(new BadRow(file, record.Line, problem));
                continue;
            }
            Add(file, record.Line, record.Fields[text], record.Fields[label], layout, rows, bad);
        }
        if (columns == 0)
        {
            bad.Add(new BadRow(file, 1, "the file is empty"));
        }
    }

    private static void ReadJson(
        string file, int line, ReadOnlyMemory<byte> json, RowLayout layout, List<RawRow> rows, List<BadRow> bad)
    {
        var (_, problem) = Records.Decode(json.Span);
        if (problem is not null)
        {
            bad.Add(new BadRow(file, line, problem));
            return;
        }
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty(layout.TextColumn, out var text)
                && document.RootElement.TryGetProperty(layout.LabelColumn, out var label)
                && text.ValueKind == JsonValueKind.String)
            {
                Add(file, line, text.GetString()!, label.ToString(), layout, rows, bad);
                return;
            }
            bad.Add(new BadRow(file, line, $"no text field '{layout.TextColumn}' or no field '{layout.LabelColumn}'"));
        }
        catch (JsonException)
        {
            bad.Add(new BadRow(file, line, "the line is not JSON"));
        }
    }

    private static void Add(
        string file, int line, string text, string label, RowLayout layout, List<RawRow> rows, List<BadRow> bad)
    {
        var name = label.Trim();
        if (text.Trim().Length == 0)
        {
            bad.Add(new BadRow(file, line, "the text is empty"));
        }
        else if (name.Length == 0)
        {
            bad.Add(new BadRow(file, line, "the label is missing"));
        }
        else if (layout.LabelNames.Count > 0 && !layout.LabelNames.TryGetValue(name, out name))
        {
            bad.Add(new BadRow(file, line, $"the label is not one of {string.Join(", ", layout.LabelNames.Keys)}"));
        }
        else
        {
            rows.Add(new RawRow(file, line, new Sensitive<string>(text), name!));
        }
    }
}
