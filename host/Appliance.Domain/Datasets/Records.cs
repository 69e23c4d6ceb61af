using System.Text;

namespace Appliance.Domain.Datasets;

/// <summary>One record of a file: its fields, or the reason why it is none.</summary>
internal sealed record FileRecord(int Line, IReadOnlyList<string> Fields, string? Problem);

/// <summary>Cuts bytes into records. One bad record never swallows the good ones after it.</summary>
internal static class Records
{
    internal const int FieldBytesMax = 1 << 20;
    internal const int PictureBytesMax = 12 << 20;
    private const int LinesPerRecordMax = 200;
    private static readonly UTF8Encoding Strict = new(false, true);

    /// <summary>RFC 4180: quotes, doubled quotes, line breaks inside quotes.</summary>
    internal static IEnumerable<FileRecord> Csv(IReadOnlyList<ReadOnlyMemory<byte>> lines)
    {
        var columns = 0;
        for (var at = 0; at < lines.Count; at++)
        {
            var first = at;
            var (record, problem) = Decode(lines[at].Span);
            IReadOnlyList<string> fields = [];
            if (problem is null && OpenQuote(record))
            {
                // The record goes on in the next lines, if they close the quote and complete it.
                (fields, problem, at) = Join(lines, at, columns);
            }
            else if (problem is null && record.Length == 0)
            {
                continue;
            }
            else if (problem is null)
            {
                fields = SplitCsv(record, out problem);
            }
            columns = columns == 0 ? fields.Count : columns;
            yield return new FileRecord(first + 1, fields, problem);
        }
    }

    /// <summary>One record a line, fields between tabs, no quoting.</summary>
    internal static IEnumerable<FileRecord> Tsv(IReadOnlyList<ReadOnlyMemory<byte>> lines)
    {
        for (var at = 0; at < lines.Count; at++)
        {
            var (record, problem) = Decode(lines[at].Span);
            if (problem is not null || record.Length > 0)
            {
                yield return new FileRecord(at + 1, problem is null ? record.Split('\t') : [], problem);
            }
        }
    }

    internal static IReadOnlyList<ReadOnlyMemory<byte>> Lines(ReadOnlyMemory<byte> file)
    {
        if (file.Span.StartsWith("\uFEFF"u8))
        {
            file = file[3..];
        }
        var lines = new List<ReadOnlyMemory<byte>>();
        while (file.Length > 0)
        {
            var end = file.Span.IndexOf((byte)'\n');
            var line = end < 0 ? file : file[..end];
            lines.Add(line.Span.EndsWith("\r"u8) ? line[..^1] : line);
            file = end < 0 ? default : file[(end + 1)..];
        }
        return lines;
    }

    internal static (string Text, string? Problem) Decode(ReadOnlySpan<byte> line, int bytesMax = FieldBytesMax)
    {
        if (line.Length > bytesMax)
        {
            return ("", $"a field of {line.Length} bytes; at most {bytesMax} are accepted");
        }
        if (line.Contains((byte)0))
        {
            return ("", "a NUL byte stands in the line");
        }
        try
        {
            return (Strict.GetString(line), null);
        }
        catch (DecoderFallbackException)
        {
            return ("", "the line is not UTF-8; convert the file first, for example with iconv");
        }
    }

    // A quote that somebody forgot must not swallow the rows after it: only a whole record is taken.
    private static (IReadOnlyList<string> Fields, string? Problem, int Last) Join(
        IReadOnlyList<ReadOnlyMemory<byte>> lines, int first, int columns)
    {
        var record = Decode(lines[first].Span).Text;
        for (var at = first + 1; at < Math.Min(lines.Count, first + LinesPerRecordMax); at++)
        {
            var (more, problem) = Decode(lines[at].Span);
            if (problem is not null)
            {
                break;
            }
            record += "\n" + more;
            if (OpenQuote(record))
            {
                continue;
            }
            var fields = SplitCsv(record, out problem);
            if (problem is null && (columns == 0 || fields.Count == columns))
            {
                return (fields, null, at);
            }
            break;
        }
        return ([], "a quote is opened and never closed", first);
    }

    private static bool OpenQuote(string record) => record.Count(c => c == '"') % 2 == 1;

    private static List<string> SplitCsv(string record, out string? problem)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        problem = null;
        for (var at = 0; at <= record.Length; at++)
        {
            field.Clear();
            if (at < record.Length && record[at] == '"')
            {
                for (at++; at < record.Length && (record[at] != '"' || (at + 1 < record.Length && record[at + 1] == '"')); at++)
                {
                    field.Append(record[at]);
                    at += record[at] == '"' ? 1 : 0;
                }
                at++;
                if (at < record.Length && record[at] != ',')
                {
                    problem = "text follows a closing quote";
                    return [];
                }
            }
            else
            {
                for (; at < record.Length && record[at] != ','; at++)
                {
                    if (record[at] == '"')
                    {
                        problem = "a quote stands inside an unquoted field";
                        return [];
                    }
                    field.Append(record[at]);
                }
            }
            fields.Add(field.ToString());
        }
        return fields;
    }
}
