using System.CommandLine;
using System.Text.Json.Nodes;
using Appliance.Cli.Client;
using Appliance.Domain.Policies;

namespace Appliance.Cli.Verbs;

/// <summary><c>policy show/reload</c> with the service, <c>policy check/explain/test</c> without it.</summary>
internal static class PolicyVerbs
{
    internal static Command Build() => new("policy", "The rules in force, and what they would say")
    {
        ShowCurrent(), Reload(), Check(), Explain(), Test(),
    };

    private static Command ShowCurrent()
    {
        var command = new Command("show", "The policies in force");
        Session.Act(command, async (session, _, cancellationToken) => session.Show(
            await session.Api.GetAsync("/api/policies", cancellationToken), reply =>
            {
                Session.Say($"Version {reply.Text("version")}, hash {reply.Text("hash")}");
                Session.Table(["RULE", "SAYS", "OBLIGATIONS"], reply["rules"]!.AsArray().Select(r => (IReadOnlyList<string>)
                    [r.Text("id"), r.Text("allows") == "true" ? "ALLOW" : "DENY", r.Text("obligations")]), "No rules: everything is refused.");
            }));
        return command;
    }

    private static Command Reload()
    {
        var command = new Command("reload", "Read the policy files again; with a mistake in them the old ones stay");
        Session.Act(command, async (session, _, cancellationToken) => session.Show(
            await session.Api.PostAsync("/api/policies/reload", new JsonObject(), cancellationToken),
            reply => Session.Say($"Version {reply.Text("version")} is in force, hash {reply.Text("hash")}.")));
        return command;
    }

    private static Command Check()
    {
        var folder = Folder();
        var command = new Command("check", "Read a policy folder and report every mistake") { folder };
        command.SetAction(parsed =>
        {
            if (Read(parsed.GetValue(folder)!) is not { } policies)
            {
                return ExitCodes.Check;
            }
            Session.Say($"ok: version {policies.Version}, {policies.Rules.Count} rules, hash {policies.Hash}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Explain()
    {
        var folder = Folder();
        var action = new Option<string>("--action") { Required = true, Description = string.Join(", ", PolicyActions.All) };
        var purpose = new Option<string>("--purpose") { Required = true, Description = "Declared purpose" };
        var labels = new Option<string>("--labels") { DefaultValueFactory = _ => "", Description = "Labels of the data, with commas" };
        var from = new Option<string>("--from") { DefaultValueFactory = _ => "site", Description = "Zone the data is in" };
        var to = new Option<string>("--to") { DefaultValueFactory = _ => "site", Description = "Zone it goes to" };
        var task = new Option<string>("--task") { DefaultValueFactory = _ => "", Description = "Task, for infer" };
        var role = new Option<string>("--role") { DefaultValueFactory = _ => "operator", Description = "Who asks" };
        var command = new Command("explain", "What the rules say to a request, and why") { folder, action, purpose, labels, from, to, task, role };
        command.SetAction(parsed =>
        {
            if (Read(parsed.GetValue(folder)!) is not { } policies)
            {
                return ExitCodes.Check;
            }
            var request = new PolicyRequest(
                parsed.GetValue(action)!, parsed.GetValue(purpose)!, Split(parsed.GetValue(labels)!), parsed.GetValue(from)!,
                parsed.GetValue(to)!, parsed.GetValue(role)!, parsed.GetValue(task)!);
            var decision = PolicyEngine.Decide(policies, request);
            foreach (var trace in decision is PolicyDecision.Deny { RuleId: "default" } && !PolicyActions.All.Contains(request.Action)
                ? [] : Traces(policies, request))
            {
                Session.Say($"  {trace.Rule,-6} {(trace.Allows ? "allow" : "deny"),-6} {(trace.Unmet is null ? "SPEAKS" : "silent: " + trace.Unmet)}");
            }
            Session.Say(decision is PolicyDecision.Allow allow
                ? $"ALLOW by {allow.RuleId}" + (allow.Obligations.Count > 0 ? $", with {string.Join(", ", allow.Obligations)}" : "")
                : $"DENY by {decision.Rule}: {((PolicyDecision.Deny)decision).Reason}");
            return decision is PolicyDecision.Allow ? ExitCodes.Done : ExitCodes.Policy;
        });
        return command;
    }

    private static Command Test()
    {
        var folder = Folder();
        var command = new Command("test", "Run the golden cases of a policy folder; every rule must be hit") { folder };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(folder)!;
            if (Read(path) is not { } policies)
            {
                return ExitCodes.Check;
            }
            var file = Path.Combine(path, "cases", "decisions.yaml");
            var (cases, errors) = PolicyCases.Read(File.Exists(file) ? File.ReadAllText(file) : "");
            var problems = errors.Concat(PolicyCases.Problems(policies, cases)).ToArray();
            Array.ForEach(problems, Session.Say);
            Session.Say($"{cases.Count} cases, {problems.Length} problems");
            return problems.Length == 0 ? ExitCodes.Done : ExitCodes.Check;
        });
        return command;
    }

    private static IReadOnlyList<RuleTrace> Traces(PolicySet policies, PolicyRequest request) =>
        policies.Zones.ContainsKey(request.ZoneTo) && request.Labels.All(policies.Labels.ContainsKey)
            ? PolicyEngine.Explain(policies, request)
            : [];

    private static string[] Split(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static Argument<string> Folder() => new("folder") { Description = "Folder with zones, labels, purposes and policy" };

    private static PolicySet? Read(string folder)
    {
        var files = PolicyReader.FileNames.Where(n => File.Exists(Path.Combine(folder, n)))
            .ToDictionary(n => n, n => File.ReadAllText(Path.Combine(folder, n)));
        var (policies, errors) = PolicyReader.Read(files);
        foreach (var error in errors)
        {
            Console.Error.WriteLine(Tui.Core.SafeText.Line($"{folder}/{error}"));
        }
        return policies;
    }
}
