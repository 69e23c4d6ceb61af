using Appliance.Domain.Policies;

namespace Appliance.Tests.Policies;

public sealed class PolicyTests
{
    private static Dictionary<string, string> Files() => PolicyReader.FileNames
        .ToDictionary(n => n, n => File.ReadAllText(Repository.File("policies", n)));

    private static PolicySet Policies() => PolicyReader.Read(Files()).Policies!;

    [Fact]
    public void The_shipped_policies_pass_their_golden_cases_and_every_rule_is_hit()
    {
        var (cases, errors) = PolicyCases.Read(File.ReadAllText(Repository.File("policies", "cases", "decisions.yaml")));

        errors.Should().BeEmpty();
        PolicyCases.Problems(Policies(), cases).Should().BeEmpty();
        PolicyCases.Problems(Policies(), [.. cases.Where(c => c.Rule != "R1")]).Should().ContainSingle().Which.Should().Contain("rule R1 is hit by no case");
        PolicyCases.Problems(Policies(), [.. cases, cases[0] with { Allow = !cases[0].Allow }]).Should().ContainSingle().Which.Should().Contain(cases[0].Name);
    }

    [Fact]
    public void What_no_rule_allows_is_refused()
    {
        var none = Policies() with { Rules = [] };

        PolicyEngine.Decide(none, new PolicyRequest("infer", "citizen-service", [], "site", "site", "operator", "sentiment"))
            .Should().BeOfType<PolicyDecision.Deny>().Which.RuleId.Should().Be("default");
    }

    [Fact]
    public void Over_all_requests_denial_wins_order_does_not_matter_and_a_label_more_never_widens()
    {
        var policies = Policies();
        var backwards = policies with { Rules = [.. policies.Rules.Reverse()] };
        var labels = policies.Labels.Keys.ToArray();
        foreach (var action in PolicyActions.All)
            foreach (var purpose in policies.Purposes.Keys)
                foreach (var zone in policies.Zones.Keys)
                    for (var set = 0; set < 1 << labels.Length; set++)
                    {
                        var chosen = labels.Where((_, k) => (set >> k & 1) == 1).ToArray();
                        var request = new PolicyRequest(action, purpose, chosen, "site", zone, "operator", "");
                        var decision = PolicyEngine.Decide(policies, request);
                        (PolicyEngine.Decide(backwards, request) is PolicyDecision.Allow).Should().Be(decision is PolicyDecision.Allow);
                        if (PolicyEngine.Explain(policies, request).Any(t => !t.Allows && t.Unmet is null))
                        {
                            decision.Should().BeOfType<PolicyDecision.Deny>();
                        }
                        foreach (var more in labels.Except(chosen).Where(_ => decision is PolicyDecision.Deny))
                        {
                            PolicyEngine.Decide(policies, request with { Labels = [.. chosen, more] }).Should().BeOfType<PolicyDecision.Deny>();
                        }
                    }
    }

    [Fact]
    public void All_mistakes_of_all_files_are_reported_at_once()
    {
        var files = Files();
        files["policy.yaml"] = files["policy.yaml"].Replace("zone_to: site", "zone_to: moon").Replace("PERSON:", "PERSONA:");
        files["labels.yaml"] += "\nlabls: {}\n";

        var (policies, errors) = PolicyReader.Read(files);

        policies.Should().BeNull();
        errors.Should().Contain(e => e.Contains("moon")).And.Contain(e => e.Contains("PERSONA")).And.Contain(e => e.Contains("labls"));
    }

    [Fact]
    public void A_rule_that_neither_allows_nor_denies_or_has_an_unknown_obligation_is_refused()
    {
        var files = Files();
        files["policy.yaml"] = "version: 1\nrules:\n  - {id: R1, when: {action: infer}, obligations: [pray]}\n";

        PolicyReader.Read(files).Errors.Should().Contain(e => e.Contains("exactly one")).And.Contain(e => e.Contains("pray"));
    }

    [Fact]
    public void Any_change_of_a_file_changes_the_hash()
    {
        var files = Files();
        files["zones.yaml"] += "# a comment\n";

        PolicyReader.Read(files).Policies!.Hash.Should().NotBe(Policies().Hash);
    }
}
