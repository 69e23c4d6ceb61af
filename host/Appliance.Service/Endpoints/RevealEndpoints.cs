using Appliance.Domain.Audit;
using Appliance.Domain.Policies;
using Appliance.Domain.Privacy.Operations;
using Appliance.Service.Hosting;

namespace Appliance.Service.Endpoints;

/// <summary>The way back: encrypted values and numbered people, for a role and a purpose that the policy names, each time on the record.</summary>
internal static class RevealEndpoints
{
    /// <param name="Map">The sealed map that <c>/anonymize</c> gave out, base64; null for encrypted values alone.</param>
    internal sealed record RevealBody(string Text, string Purpose, string? Map = null, string? Zone = null);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/reveal", async Task<IResult> (
        RevealBody body, HttpContext context, RedactionKeys keys, IAuditLog audit, IPolicies policies, Defaults defaults) =>
    {
        // 1 The policy decides on purpose and role.
        var (policy, zone, caller) = (policies.Current, body.Zone ?? defaults.Zone, context.Caller());
        var decision = PolicyEngine.Decide(policy, new PolicyRequest(PolicyActions.Reveal, body.Purpose, ["pii.direct"], zone, zone, caller.Role, ""));
        var entry = new AuditEntry(AuditActions.Reveal, AuditPhase.Intent, caller.Id, "text", AuditNames.Declared(policy.Purposes.Keys, body.Purpose),
            decision is PolicyDecision.Allow ? "allow" : "deny", decision.Rule.ToLowerInvariant(), policy.Hash)
        { Role = caller.Role };
        if (decision is PolicyDecision.Deny deny)
        {
            await audit.AppendAsync(entry with { Phase = AuditPhase.Event, Code = "policy" });
            return Replies.Error(403, "policy", $"The policy does not let you see what was hidden: {deny.Reason}.");
        }

        // 2 Intent on disk, open, outcome on disk.
        var intent = await audit.AppendAsync(entry);
        var outcome = entry with { Phase = AuditPhase.Outcome, Reference = intent.Seq };
        if (Opened(body, keys) is not { } text)
        {
            await audit.AppendAsync(outcome with { Code = "map" });
            return Replies.Error(400, "map", "The map does not open: another appliance, another purpose, or it was changed.");
        }
        await audit.AppendAsync(outcome with { Code = "ok" });
        return Replies.Ok(new { Text = text });
    }).For("approver", "operator").Writes(AuditActions.Reveal);

    private static string? Opened(RevealBody body, RedactionKeys keys)
    {
        var text = SealedMap.Decrypt(body.Text, keys);
        if (body.Map is null)
        {
            return text;
        }
        var map = new byte[body.Map.Length];
        if (!Convert.TryFromBase64String(body.Map, map, out var length) || SealedMap.Open(map.AsSpan(0, length), keys, body.Purpose) is not { } values)
        {
            return null;
        }
        var back = new Depseudonymiser(values);
        return back.Push(text) + back.End();
    }
}
