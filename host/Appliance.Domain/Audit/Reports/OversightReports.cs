using static Appliance.Domain.Audit.Reports.ReportCells;

namespace Appliance.Domain.Audit.Reports;

/// <summary>What those ask for who oversee people and models: lineage, administrators, reviews, the AI Act.</summary>
internal static class OversightReports
{
    // Both ways: what a model was made from, and what was made from a dataset.
    internal static IReadOnlyList<ReportTable> Lineage(ReportRequest r) =>
    [
        new("made", ["object", "from", "action", "time", "actor", "policy"],
        [.. r.Facts.Where(f => f is { Phase: "outcome", Code: "ok", From.Count: > 0 } && f.Action is AuditActions.Train or AuditActions.Import)
            .Where(f => r.Object is null || f.Object == r.Object || f.From.Contains(r.Object))
            .Select(f => (IReadOnlyList<string>)[f.Object, string.Join(' ', f.From), f.Action, Time(f), f.Actor, Short(f.Policy)])]),
        Actions(r.Facts.Where(f => f.Action is AuditActions.Gate or AuditActions.Promote or AuditActions.Rollback && (r.Object is null || f.Object == r.Object)), "decisions"),
    ];

    // Garante, 27-11-2008: who administered, when they came, what they did; and who was turned away.
    internal static IReadOnlyList<ReportTable> Administrators(ReportRequest r) =>
    [
        Actions(r.Facts.Where(f => f.Action == AuditActions.Login && f.Role is "operator" or "approver"), "logins"),
        Actions(r.Facts.Where(f => f.Action == AuditActions.CallRefused), "refused"),
        new("work", ["actor", "action", "uses", "first", "last"], [.. r.Facts.Where(f => f.Role is "operator" or "approver" && f.IsEnd && f.Action != AuditActions.Login)
            .GroupBy(f => (f.Actor, f.Action)).Select(g => (IReadOnlyList<string>)[g.Key.Actor, g.Key.Action, N(g.Count()), Time(g.First()), Time(g.Last())])]),
    ];

    // 45 CFR 164.308(a)(1)(ii)(D): recording is not enough, somebody must have looked.
    internal static IReadOnlyList<ReportTable> ActivityReview(ReportRequest r) =>
    [
        new("activity", ["actor", "action", "uses", "denied", "failed"], [.. r.Facts.Where(f => f.IsEnd).GroupBy(f => (f.Actor, f.Action))
            .Select(g => (IReadOnlyList<string>)[g.Key.Actor, g.Key.Action, N(g.Count()), N(g.Count(f => f.Decision == "deny")), N(g.Count(Failed))])]),
        Actions(r.Facts.Where(f => f.Decision == "deny" || f.Action == AuditActions.CallRefused), "refused"),
        Actions(r.Facts.Where(f => f.Action == AuditActions.Review), "reviews"),
        new("signature", ["reviewer", "date", "signed"], [["", "", ""]]),
    ];

    // AI Act 12(2), 12(3)(a): start and end of each use, which model, which version, what came of it.
    internal static IReadOnlyList<ReportTable> AiAct(ReportRequest r)
    {
        var begun = r.Facts.Where(f => f is { Action: AuditActions.Infer, Phase: "intent" }).ToDictionary(f => f.Seq);
        return
        [
            new("uses", ["seq", "start", "end", "model", "purpose", "actor", "code", "requests", "categories"],
            [.. r.Facts.Where(f => f is { Action: AuditActions.Infer, Phase: "outcome" }).Select(f => (IReadOnlyList<string>)
            [
                N(f.Seq), begun.TryGetValue(f.Reference, out var start) ? Time(start) : "-", Time(f), f.Object, f.Purpose, f.Actor, f.Code,
                N(f.Counts.GetValueOrDefault("requests")), Categories([f]),
            ])]),
            Actions(r.Facts.Where(f => f.Action is AuditActions.Train or AuditActions.Gate or AuditActions.Promote or AuditActions.Rollback && f.IsEnd), "changes"),
            Actions(r.Facts.Where(f => f.Action is AuditActions.PluginQuarantine or AuditActions.ClockStep or AuditActions.Blocked || f.Action == AuditActions.Infer && Failed(f)), "incidents"),
        ];
    }
}
