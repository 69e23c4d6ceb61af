using Appliance.Sdk.Yaml;

namespace Appliance.Domain.Policies;

/// <summary>A golden decision: what the rules must say to a request.</summary>
public sealed record PolicyCase(string Name, PolicyRequest Request, bool Allow, string Rule);

/// <summary>Reads and runs golden decisions, so that a change of the rules shows what else it changes.</summary>
public static class PolicyCases
{
    public static (IReadOnlyList<PolicyCase> Cases, IReadOnlyList<string> Errors) Read(string yaml)
    {
        var (cases, errors) = FieldReader.ReadFile(yaml, fields => fields.Maps("cases").Select(ReadCase).ToArray());
        return (cases ?? [], [.. errors.Select(e => "cases/decisions.yaml " + e)]);
    }

    /// <summary>Cases that come out otherwise, and rules that no case hits.</summary>
    public static IReadOnlyList<string> Problems(PolicySet policies, IReadOnlyList<PolicyCase> cases)
    {
        var problems = new List<string>();
        var hit = new HashSet<string>();
        foreach (var wanted in cases)
        {
            var decision = PolicyEngine.Decide(policies, wanted.Request);
            hit.Add(decision.Rule);
            if (decision is PolicyDecision.Allow != wanted.Allow || decision.Rule != wanted.Rule)
            {
                problems.Add($"{wanted.Name}: expected {Word(wanted.Allow)} by {wanted.Rule}, " +
                    $"got {Word(decision is PolicyDecision.Allow)} by {decision.Rule}");
            }
        }
        problems.AddRange(policies.Rules.Where(r => !hit.Contains(r.Id)).Select(r => $"rule {r.Id} is hit by no case"));
        return problems;
    }

    private static PolicyCase ReadCase(FieldReader fields)
    {
        var read = new PolicyCase(
            fields.Text("name"),
            new PolicyRequest(
                fields.OneOf("action", PolicyActions.All), fields.Text("purpose"), fields.Texts("labels"), fields.Text("from", "site"),
                fields.Text("to", "site"), fields.Text("role", "operator"), fields.Text("task", "")),
            fields.OneOf("expect", ["allow", "deny"]) == "allow",
            fields.Text("rule"));
        fields.RefuseUnknown();
        return read;
    }

    private static string Word(bool allow) => allow ? "allow" : "deny";
}
