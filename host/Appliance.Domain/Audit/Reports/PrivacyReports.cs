using static Appliance.Domain.Audit.Reports.ReportCells;

namespace Appliance.Domain.Audit.Reports;

/// <summary>What the GDPR asks for: processing, one person, erasure, retention, places.</summary>
internal static class PrivacyReports
{
    // GDPR 30(1): purposes, categories, recipients, time limits; measures are the policy's own files.
    internal static IReadOnlyList<ReportTable> Processing(ReportRequest r) =>
    [
        new("purposes", ["purpose", "basis", "uses", "datasets", "models", "zones", "categories", "keep", "first", "last"],
        [.. r.Policy.Purposes.Values.Select(p => (Purpose: p, Facts: r.Facts.Where(f => f.Purpose == p.Id && f.IsEnd).ToArray())).Select(p => (IReadOnlyList<string>)
        [
            p.Purpose.Id, string.Join(' ', p.Purpose.Basis), N(p.Facts.Length), Ids(p.Facts, "dataset/"), Ids(p.Facts, "model/"),
            Join(p.Facts.Select(f => f.Zone)), Categories(p.Facts), p.Purpose.KeepDays > 0 ? N(p.Purpose.KeepDays) : "-",
            p.Facts.Length > 0 ? Time(p.Facts[0]) : "-", p.Facts.Length > 0 ? Time(p.Facts[^1]) : "-",
        ])]),
        new("recipients", ["zone", "country", "trusted"], [.. r.Policy.Zones.Values.Select(z => (IReadOnlyList<string>)[z.Id, z.Country, z.Trust ? "1" : "0"])]),
        Actions(r.Facts.Where(f => f.Action is "policy.load" or "policy.refuse"), "measures"),
    ];

    // GDPR 15: what was done with one person's data; the person is a pseudonym here as well.
    internal static IReadOnlyList<ReportTable> Subject(ReportRequest r) =>
        [Actions(r.Facts.Where(f => r.Subject is not null && (f.Subjects.Contains(r.Subject) || f.Object == "subject/" + r.Subject)), "uses")];

    internal static IReadOnlyList<ReportTable> Erasure(ReportRequest r) =>
    [
        Actions(r.Facts.Where(f => f.Action == AuditActions.SubjectErase), "erasures"),
        new("evidence", ["seq", "object", "counts"], [.. r.Facts.Where(f => f.Action == AuditActions.SubjectErase && f.Phase == "outcome")
            .Select(f => (IReadOnlyList<string>)[N(f.Seq), f.Object, Counts(f)])]),
    ];

    internal static IReadOnlyList<ReportTable> Retention(ReportRequest r) =>
    [
        new("due", ["object", "purpose", "imported", "keep", "due", "overdue"],
        [.. r.Facts.Where(f => f is { Action: AuditActions.Import, Phase: "outcome", Code: "ok" }).Select(f => (Fact: f, Keep: r.Policy.Purposes.GetValueOrDefault(f.Purpose)?.KeepDays ?? 0))
            .Select(d => (IReadOnlyList<string>)
            [
                d.Fact.Object, d.Fact.Purpose, Day(d.Fact.Time), d.Keep > 0 ? N(d.Keep) : "-", d.Keep > 0 ? Day(d.Fact.Time.AddDays(d.Keep)) : "-",
                d.Keep > 0 && d.Fact.Time.AddDays(d.Keep) < r.Now ? "1" : "0",
            ])]),
        new("log", ["records", "oldest", "keep", "prunable"],
            [[N(r.Facts.Count), r.Facts.Count > 0 ? Day(r.Facts[0].Time) : "-", N(r.KeepDays), N(r.Facts.Count(f => f.Time.AddDays(r.KeepDays) < r.Now))]]),
        Actions(r.Facts.Where(f => f.Action == AuditActions.Prune), "prunings"),
    ];

    internal static IReadOnlyList<ReportTable> Residency(ReportRequest r) =>
    [
        new("zones", ["zone", "country", "trusted", "uses", "outside"], [.. r.Facts.Where(f => f.Zone.Length > 0 && f.IsEnd).GroupBy(f => f.Zone).Select(g => (IReadOnlyList<string>)
            [g.Key, r.Policy.Zones.GetValueOrDefault(g.Key)?.Country ?? "?", r.Policy.Zones.GetValueOrDefault(g.Key)?.Trust == true ? "1" : "0", N(g.Count()), N(g.Count(f => f.Decision != "deny" && r.Policy.Zones.GetValueOrDefault(g.Key)?.Trust != true))])]),
        Actions(r.Facts.Where(f => f.Decision == "deny"), "refused"),
    ];
}
