using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Appliance.Cli.Client;

namespace Appliance.Cli.Demo;

/// <summary>Brings the facts of the run and the auditor's own verdict together.</summary>
internal static partial class DemoReport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <param name="folder">Holds <c>facts.json</c> and <c>audit.txt</c>, the output of appliance-verify.</param>
    internal static int Write(string folder, string root, TimeProvider clock)
    {
        var facts = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "facts.json")))!.AsObject();
        var verdict = File.ReadAllText(Path.Combine(folder, "audit.txt"));
        var integrity = IntegrityLine().Match(verdict).Groups[1].Value;
        var records = RecordsLine().Match(verdict).Groups[1].Value;
        facts["audit_integrity"] = integrity;
        facts["audit_records"] = long.TryParse(records, out var n) ? n : 0;
        File.WriteAllText(Path.Combine(folder, "summary.json"), facts.ToJsonString(Indented) + "\n");
        Console.WriteLine();
        Session.Say("== 7. The auditor's own tool reads the log");
        foreach (var line in verdict.TrimEnd().Split('\n'))
        {
            Session.Say("  " + line);
        }
        Console.WriteLine();
        Session.Say($"Done in {facts.Number("total_seconds", "0.0")} s. Facts: {Path.Combine(folder, "summary.json")}");
        Session.Say("What to type next:");
        foreach (var next in (string[])
        [
            $"artifacts/bin/appliance run --root {root} &      the service again",
            $"artifacts/bin/appliance tui --root {root}        screens: overview, jobs, plugins, audit",
            $"echo \"Grazie di tutto!\" | artifacts/bin/appliance infer sentiment --explain --root {root}",
            $"artifacts/bin/appliance audit search --root {root}",
            $"artifacts/bin/appliance model show sentiment --root {root}",
        ])
        {
            Console.WriteLine("  " + next);
        }
        return integrity == "ok" ? ExitCodes.Done : ExitCodes.Check;
    }

    [GeneratedRegex(@"^integrity: (.+)$", RegexOptions.Multiline)]
    private static partial Regex IntegrityLine();

    [GeneratedRegex(@"^records: (\d+)", RegexOptions.Multiline)]
    private static partial Regex RecordsLine();
}
