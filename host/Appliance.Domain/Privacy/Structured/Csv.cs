using System.Text;

namespace Appliance.Domain.Privacy.Structured;

/// <summary>Fields with quotes and a separator that the header shows. Source: RFC 4180.</summary>
internal static class Csv
{
    private static readonly char[] Separators = [',', ';', '\t', '|'];

    /// <exception cref="FormatException">A quotation mark is never closed.</exception>
    internal static List<string[]> Read(string text)
    {
        var separator = Separator(text);
        var (rows, row, field, quoted) = (new List<string[]>(), new List<string>(), new StringBuilder(), false);
        for (var k = 0; k < text.Length; k++)
        {
            var c = text[k];
            if (quoted)
            {
                quoted = c != '"' || (k + 1 < text.Length && text[k + 1] == '"');
                if (c != '"' || quoted)
                {
                    field.Append(c);
                    k += c == '"' ? 1 : 0;
                }
            }
            else if (c == '"' && field.Length == 0)
            {
                quoted = true;
            }
            else if (c == separator || c == '\n')
            {
                row.Add(field.ToString().TrimEnd('\r'));
                field.Clear();
                if (c == '\n')
                {
                    rows.Add([.. row]);
                    row.Clear();
                }
            }
            else
            {
                field.Append(c);
            }
        }
        if (quoted)
        {
            throw new FormatException($"Row {rows.Count + 1} opens a quotation mark and never closes it.");
        }
        if (field.Length > 0 || row.Count > 0)
        {
            rows.Add([.. row, field.ToString().TrimEnd('\r')]);
        }
        return [.. rows.Where(r => r.Length > 1 || r[0].Length > 0)];
    }

    internal static string Write(List<string[]> rows) => string.Concat(rows.Select(r => string.Join(',', r.Select(Quoted)) + "\n"));

    private static char Separator(string text)
    {
        var header = text.AsSpan(0, text.IndexOf('\n') is var end and >= 0 ? end : text.Length);
        var best = Separators[0];
        foreach (var s in Separators)
        {
            best = header.Count(s) > header.Count(best) ? s : best;
        }
        return best;
    }

    private static string Quoted(string field) =>
        field.AsSpan().IndexOfAny(",\"\r\n") < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
