using System.Globalization;
using System.Text;

namespace Appliance.Domain.Audit.Exports;

/// <summary>ArcSight's Common Event Format, a line a record; the last line holds the checkpoint.</summary>
internal static class CefExport
{
    internal static void Write(Stream stream, ExportHead head, IEnumerable<AuditFact> facts)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        foreach (var f in facts)
        {
            writer.WriteLine(Line(f.Action, f.Decision == "deny" ? 7 : f.Code is "ok" or "" ? 2 : 5, [
                ("rt", f.Time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)), ("externalId", f.Seq.ToString(CultureInfo.InvariantCulture)),
                ("suser", f.Actor), ("spriv", f.Role), ("act", f.Decision), ("outcome", f.Code), ("fname", f.Object), ("cs1Label", "purpose"), ("cs1", f.Purpose),
                ("cs2Label", "rule"), ("cs2", f.Rule), ("cs3Label", "phase"), ("cs3", f.Phase), ("cs4Label", "zone"), ("cs4", f.Zone)]));
        }
        writer.WriteLine(Line("audit.checkpoint", 0, [("dvchost", head.Origin), ("msg", head.Checkpoint)]));
    }

    private static string Line(string action, int severity, (string Key, string Value)[] extension) =>
        $"CEF:0|Appliance|appliance-host|1|{Header(action)}|{Header(action)}|{severity}|"
        + string.Join(' ', extension.Where(e => e.Value.Length > 0).Select(e => $"{e.Key}={Value(e.Value)}"));

    private static string Header(string text) => text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("|", @"\|", StringComparison.Ordinal);

    private static string Value(string text) => text.Replace(@"\", @"\\", StringComparison.Ordinal)
        .Replace("=", @"\=", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);
}
