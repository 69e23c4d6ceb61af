using System.Text;

namespace Appliance.Training.Data;

/// <summary>Rows of a CSV (RFC 4180) or TSV file (no quoting, as the field's sets come).</summary>
internal static class DelimitedText
{
    internal static IEnumerable<string[]> Rows(string text, char separator) => separator == '\t'
        ? text.Split('\n').Select(l => l.TrimEnd('\r')).Where(l => l.Length > 0).Select(l => l.Split('\t'))
        : Quoted(text, separator);

    private static IEnumerable<string[]> Quoted(string text, char separator)
    {
        var (row, field, inside) = (new List<string>(), new StringBuilder(), false);
        for (var k = 0; k < text.Length; k++)
        {
            var c = text[k];
            if (inside && c == '"' && k + 1 < text.Length && text[k + 1] == '"')
            {
                field.Append('"');
                k++;
            }
            else if (c == '"')
            {
                inside = !inside;
            }
            else if (!inside && c == separator)
            {
                row.Add(field.ToString());
                field.Clear();
            }
            else if (!inside && c == '\n')
            {
                row.Add(field.ToString().TrimEnd('\r'));
                field.Clear();
                if (row.Count > 1 || row[0].Length > 0)
                {
                    yield return [.. row];
                }
                row.Clear();
            }
            else
            {
                field.Append(c);
            }
        }
        if (field.Length > 0 || row.Count > 0)
        {
            row.Add(field.ToString().TrimEnd('\r'));
            yield return [.. row];
        }
    }
}
