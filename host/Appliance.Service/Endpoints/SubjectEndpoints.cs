using Appliance.Domain;
using Appliance.Domain.Audit;
using Appliance.Domain.Privacy;

namespace Appliance.Service.Endpoints;

/// <summary>The people in the log: their pseudonyms, and the end of them.</summary>
internal static class SubjectEndpoints
{
    internal sealed record SubjectBody(string Subject);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        // In a body, never in an address: addresses end up in logs.
        routes.MapPost("/api/subjects/find", async (SubjectBody body, HttpContext context, ISubjects subjects, IAuditLog audit) =>
        {
            var found = subjects.Find(new Sensitive<string>(body.Subject));
            await audit.AppendAsync(Entry(AuditActions.SubjectFind, AuditPhase.Event, context.Caller(), found) with { Code = found is null ? "unknown" : "ok" });
            return found is { } pseudonym ? Replies.Ok(new { Pseudonym = pseudonym.ToString() }) : Unknown();
        }).For("auditor", "operator").Writes(AuditActions.SubjectFind);
        routes.MapPost("/api/subjects/erase", async (SubjectBody body, HttpContext context, ISubjects subjects, IAuditLog audit) =>
        {
            var id = new Sensitive<string>(body.Subject);
            var entry = Entry(AuditActions.SubjectErase, AuditPhase.Intent, context.Caller(), subjects.Find(id));
            var intent = await audit.AppendAsync(entry);
            var outcome = entry with { Phase = AuditPhase.Outcome, Reference = intent.Seq };
            var erased = subjects.Erase(id);
            await audit.AppendAsync(outcome with { Code = erased ? "ok" : "unknown", Counts = new Dictionary<string, long> { ["keys"] = erased ? 1 : 0 } });
            return erased ? Replies.Ok(new { Erased = true, Record = intent.Seq }) : Unknown();
        }).For("operator", "approver").Writes(AuditActions.SubjectErase);
    }

    private static AuditEntry Entry(string action, AuditPhase phase, Caller caller, AuditWord? pseudonym) =>
        new(action, phase, caller.Id, pseudonym is { } known ? "subject/" + known : "subject/unknown") { Role = caller.Role };

    private static IResult Unknown() => Replies.Error(404, "not_found", "No record speaks of this person: never seen, or erased already.");
}
