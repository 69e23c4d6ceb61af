namespace Appliance.Domain.Policies;

/// <summary>Why a rule did or did not speak on a request.</summary>
/// <param name="Unmet">The first condition that did not hold, or null when all did.</param>
public sealed record RuleTrace(string Rule, bool Allows, string? Unmet);

/// <summary>Decides requests: pure, default deny, any matching denial wins, independent of the rules' order.</summary>
public static class PolicyEngine
{
    public static PolicyDecision Decide(PolicySet policies, PolicyRequest request)
    {
        // 1 A name that the files do not declare is a mistake somewhere: refuse.
        if (Undeclared(policies, request) is { } problem)
        {
            return new PolicyDecision.Deny("default", problem);
        }

        // 2 Any matching denial wins; the smallest id makes the answer independent of the file's order.
        var speaking = policies.Rules.Where(r => Unmet(policies, r.When, request) is null)
            .OrderBy(r => r.Id, StringComparer.Ordinal).ToArray();
        if (speaking.FirstOrDefault(r => !r.Allows) is { } denial)
        {
            return new PolicyDecision.Deny(denial.Id, $"rule {denial.Id} forbids it");
        }

        // 3 Without an allowing rule: no. With several: the obligations of all.
        var allowing = speaking.Where(r => r.Allows).ToArray();
        return allowing.Length == 0
            ? new PolicyDecision.Deny("default", "no rule allows it")
            : new PolicyDecision.Allow(allowing[0].Id, [.. allowing.SelectMany(r => r.Obligations).Distinct()]);
    }

    /// <summary>What each rule made of the request, for a person who wonders.</summary>
    public static IReadOnlyList<RuleTrace> Explain(PolicySet policies, PolicyRequest request) =>
        [.. policies.Rules.Select(r => new RuleTrace(r.Id, r.Allows, Unmet(policies, r.When, request)))];

    private static string? Undeclared(PolicySet policies, PolicyRequest request)
    {
        if (!PolicyActions.All.Contains(request.Action))
        {
            return $"unknown action; known: {string.Join(", ", PolicyActions.All)}";
        }
        if (!policies.Purposes.TryGetValue(request.Purpose, out var purpose))
        {
            return $"unknown purpose; declared: {string.Join(", ", policies.Purposes.Keys)}";
        }
        if (!policies.Zones.ContainsKey(request.ZoneFrom) || !policies.Zones.ContainsKey(request.ZoneTo))
        {
            return $"unknown zone; declared: {string.Join(", ", policies.Zones.Keys)}";
        }
        if (request.Labels.Any(l => !policies.Labels.ContainsKey(l)))
        {
            return $"unknown label; declared: {string.Join(", ", policies.Labels.Keys)}";
        }
        return request.Task.Length > 0 && !purpose.Tasks.Contains(request.Task)
            ? $"the purpose {purpose.Id} does not cover this; it covers: {string.Join(", ", purpose.Tasks)}"
            : null;
    }

    private static string? Unmet(PolicySet policies, PolicyConditions when, PolicyRequest request)
    {
        bool Differs(string? wanted, string given) => wanted is not null && wanted != given;
        return true switch
        {
            _ when Differs(when.Action, request.Action) => "action",
            _ when Differs(when.Purpose, request.Purpose) => "purpose",
            _ when Differs(when.ZoneFrom, request.ZoneFrom) => "zone_from",
            _ when Differs(when.ZoneTo, request.ZoneTo) => "zone_to",
            _ when when.ZoneToTrusted is { } trust && policies.Zones[request.ZoneTo].Trust != trust => "zone_to.trust",
            _ when when.Roles.Count > 0 && !when.Roles.Contains(request.Role) => "roles",
            _ when when.LabelsAny.Count > 0 && !when.LabelsAny.Any(request.Labels.Contains) => "labels_any",
            _ when when.LabelsSubset is { } subset && !request.Labels.All(subset.Contains) => "labels_subset",
            _ when when.LabelsMax is { } max && request.Labels.Any(l => policies.Labels[l].Level > max) => "labels_max",
            _ => null,
        };
    }
}
