using System.Globalization;
using System.Net;
using System.Text;

namespace Appliance.Domain.Audit.Reports;

/// <summary>What a page says of where it comes from.</summary>
/// <param name="Checkpoint">The signed note that covers every record it speaks of.</param>
/// <param name="First">Number of the first record that was read, and <paramref name="Last"/> of the last.</param>
public sealed record ReportSource(string Origin, string Checkpoint, long First, long Last, DateTimeOffset Made);

/// <summary>Writes a report as one HTML page that prints well: no script, no picture, nothing from elsewhere.</summary>
public static class ReportPage
{
    private const string Css = """
        body{font:11pt/1.45 Georgia,serif;margin:2em auto;max-width:62em;padding:0 1em;color:#111}
        h1{font-size:1.6em;margin-bottom:.1em} h2{font-size:1.15em;margin-top:1.6em} .law,.none{color:#555}
        table{border-collapse:collapse;width:100%;font:9pt/1.35 "DejaVu Sans",sans-serif} th{text-align:left;border-bottom:2px solid #111}
        td,th{padding:.25em .5em;vertical-align:top;overflow-wrap:anywhere} td{border-bottom:1px solid #ccc} pre{font-size:8pt;white-space:pre-wrap;overflow-wrap:anywhere}
        @page{size:A4 landscape;margin:15mm} @media print{body{margin:0;max-width:none} thead{display:table-header-group} tr{break-inside:avoid} h2{break-after:avoid}}
        """;

    /// <param name="language"><c>it</c> or <c>en</c>.</param>
    public static string Html(Report report, ReportSource source, string language)
    {
        string Text(string key) => WebUtility.HtmlEncode(ReportTexts.Of(key, language));
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"<!doctype html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\"><title>{Text(report.Kind + ".title")}</title><style>{Css}</style></head><body>\n");
        page.Append(CultureInfo.InvariantCulture, $"<h1>{Text(report.Kind + ".title")}</h1>\n<p class=\"law\">{Text(report.Kind + ".law")}</p>\n");
        page.Append(CultureInfo.InvariantCulture, $"<p>{Text("source")}: {WebUtility.HtmlEncode(source.Origin)}, {Text("records")} {source.First}-{source.Last}. {Text("made")}: {source.Made.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}.</p>\n");
        foreach (var table in report.Tables)
        {
            Write(page, table, Text);
        }
        page.Append(CultureInfo.InvariantCulture, $"<h2>{Text("proof")}</h2>\n<p>{Text("proof.how")}</p>\n<pre>{WebUtility.HtmlEncode(source.Checkpoint)}</pre>\n</body></html>\n");
        return page.ToString();
    }

    private static void Write(StringBuilder page, ReportTable table, Func<string, string> text)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h2>{text("table." + table.Title)}</h2>\n");
        if (table.Rows.Count == 0)
        {
            page.Append(CultureInfo.InvariantCulture, $"<p class=\"none\">{text("none")}</p>\n");
            return;
        }
        page.Append("<table><thead><tr>").AppendJoin("", table.Columns.Select(c => $"<th>{text("column." + c)}</th>")).Append("</tr></thead><tbody>\n");
        foreach (var row in table.Rows)
        {
            page.Append("<tr>").AppendJoin("", row.Zip(table.Columns, (cell, column) =>
                $"<td>{(column is "trusted" or "overdue" ? text(cell == "1" ? "yes" : "no") : WebUtility.HtmlEncode(cell))}</td>")).Append("</tr>\n");
        }
        page.Append("</tbody></table>\n");
    }
}
