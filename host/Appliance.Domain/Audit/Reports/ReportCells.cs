using System.Globalization;

namespace Appliance.Domain.Audit.Reports;

/// <summary>How records become cells: ids, numbers and times, the same in every language.</summary>
internal static class ReportCells
{
    private static readonly string[] Record = ["seq", "time", "action", "actor", "object", "decision", "code"];

    internal static ReportTable Actions(IEnumerable<AuditFact> facts, string title) => new(title, Record,
        [.. facts.Select(f => (IReadOnlyList<string>)[N(f.Seq), Time(f), f.Action, f.Actor, f.Object, f.Decision, f.Code])]);

    internal static bool Failed(AuditFact f) => f.IsEnd && f.Code is not ("ok" or "" or "pass");

    internal static string Categories(IEnumerable<AuditFact> facts) => Join(facts.SelectMany(f => f.Counts.Keys)
        .Where(k => k.StartsWith("pii.", StringComparison.Ordinal)).Select(k => k[4..]));

    internal static string Ids(IEnumerable<AuditFact> facts, string kind) =>
        Join(facts.SelectMany(f => f.From.Append(f.Object)).Where(o => o.StartsWith(kind, StringComparison.Ordinal)));

    internal static string Join(IEnumerable<string> words) => string.Join(' ', words.Where(w => w.Length > 0).Distinct().Order(StringComparer.Ordinal));

    internal static string Counts(AuditFact f) => string.Join(' ', f.Counts.Select(c => $"{c.Key}={N(c.Value)}"));

    internal static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;

    internal static string N(long n) => n.ToString(CultureInfo.InvariantCulture);

    internal static string Time(AuditFact f) => f.Time.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    internal static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
