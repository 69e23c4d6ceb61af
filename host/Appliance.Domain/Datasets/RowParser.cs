using System.Text.Json;
using Appliance.Domain.Privacy;
using Appliance.Sdk.Plugins;

namespace Appliance.Domain.Datasets;

/// <summary>Reads labelled rows strictly: every row is either taken or reported with file, line and reason.</summary>
public static class RowParser
{
    /// <summary>The formats that can be read: tables and JSON lines; words with a tag each; SQuAD's questions; pairs of idx files; pairs of files with a line each.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["csv", "tsv", "jsonl", "conll", "squad", "idx", "parallel"];

    public static (IReadOnlyList<RawRow> Rows, IReadOnlyList<BadRow> Bad) Parse(
        IReadOnlyList<(string Name, ReadOnlyMemory<byte> Content)> files, RowLayout layout)
    {
        var unpacked = files.Select(f => (f.Name, Content: Packing.Unpacked(f.Name, f.Content))).ToArray();
        (IReadOnlyList<RawRow> Rows, IReadOnlyList<BadRow> Bad)[] parsed = layout.Format switch
        {
            "idx" => [IdxImages.Parse(unpacked)],
            "parallel" => [ParallelLines.Parse(unpacked, layout)],
            "conll" => [.. unpacked.Select(f => ConllSentences.Parse(f.Name, f.Content))],
            "squad" => [.. unpacked.Select(f => SquadQuestions.Parse(f.Name, f.Content))],
            _ => [.. unpacked.Select(f => Parse(f.Name, f.Content, layout))],
        };
        return ([.. parsed.SelectMany(p => p.Rows)], [.. parsed.SelectMany(p => p.Bad)]);
    }

    private static (IReadOnlyList<RawRow> Rows, IReadOnlyList<BadRow> Bad) Parse(string file, ReadOnlyMemory<byte> content, RowLayout layout)
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
        var (texts, label, columns) = (Array.Empty<int>(), -1, 0);
        foreach (var record in records)
        {
            if (columns == 0)
            {
                var header = record.Fields.Select(f => f.Trim()).ToList();
                string[] wanted = [.. layout.Columns.Select(c => c.Column), layout.LabelColumn];
                if (wanted.FirstOrDefault(w => !header.Contains(w)) is { } missing)
                {
                    bad.Add(new BadRow(file, record.Line, $"the header has no column '{missing}'; name it with --text or --field, and --label"));
                    return;
                }
                (texts, label, columns) = ([.. layout.Columns.Select(c => header.IndexOf(c.Column))], header.IndexOf(layout.LabelColumn), header.Count);
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
            Add(file, record.Line, [.. texts.Select(t => record.Fields[t])], record.Fields[label], layout, rows, bad);
        }
        if (columns == 0)
        {
            bad.Add(new BadRow(file, 1, "the file is empty"));
        }
    }

    private static void ReadJson(
        string file, int line, ReadOnlyMemory<byte> json, RowLayout layout, List<RawRow> rows, List<BadRow> bad)
    {
        var (_, problem) = Records.Decode(json.Span, layout.ImageField is null ? Records.FieldBytesMax : Records.PictureBytesMax);
        if (problem is not null)
        {
            bad.Add(new BadRow(file, line, problem));
            return;
        }
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
            var row = document.RootElement;
            string?[] texts = row.ValueKind != JsonValueKind.Object ? [null] : [.. layout.Columns.Select(c => Text(row, c.Column))];
            if (texts.All(t => t is not null) && row.TryGetProperty(layout.LabelColumn, out var label))
            {
                Add(file, line, texts!, label.ToString(), layout, rows, bad);
                return;
            }
            bad.Add(new BadRow(file, line, $"no text field '{string.Join("' or '", layout.Columns.Select(c => c.Column))}', or no field '{layout.LabelColumn}'"));
        }
        catch (JsonException)
        {
            bad.Add(new BadRow(file, line, "the line is not JSON"));
        }
    }

    private static string? Text(JsonElement row, string name) =>
        row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static void Add(
        string file, int line, IReadOnlyList<string> texts, string label, RowLayout layout, List<RawRow> rows, List<BadRow> bad)
    {
        var fields = layout.Columns.Zip(texts).ToDictionary(f => f.First.Field, f => new Sensitive<string>(f.Second));
        if (texts.Any(t => string.IsNullOrWhiteSpace(t)))
        {
            bad.Add(new BadRow(file, line, "the text is empty"));
        }
        else if (string.IsNullOrWhiteSpace(label))
        {
            bad.Add(new BadRow(file, line, "the label is missing"));
        }
        else if (layout.Answer == AnswerKind.Text)
        {
            rows.Add(new RawRow(file, line, fields, "") { Target = new Sensitive<string>(label) });
        }
        else if (layout.Answer != AnswerKind.Class)
        {
            AddSpans(file, line, fields, texts[^1], label, rows, bad);
        }
        else if (layout.LabelNames.Count > 0 && !layout.LabelNames.ContainsKey(label.Trim()))
        {
            bad.Add(new BadRow(file, line, $"the label is not one of {string.Join(", ", layout.LabelNames.Keys)}"));
        }
        else
        {
            rows.Add(new RawRow(file, line, fields, layout.LabelNames.GetValueOrDefault(label.Trim(), label.Trim())));
        }
    }

    private static void AddSpans(
        string file, int line, Dictionary<string, Sensitive<string>> fields, string about, string label, List<RawRow> rows, List<BadRow> bad)
    {
        try
        {
            rows.Add(new RawRow(file, line, fields, "") { Spans = TextSpans.Read(label, about.Length) });
        }
        catch (InvalidDataException e)
        {
            bad.Add(new BadRow(file, line, e.Message.TrimEnd('.')));
        }
    }
}
