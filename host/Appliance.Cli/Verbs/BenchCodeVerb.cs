using System.CommandLine;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Appliance.Cli.Client;
using Appliance.Workers.Launching;

namespace Appliance.Cli.Verbs;

/// <summary><c>bench code</c>: of tasks with tests, how many first answers pass (HumanEval's pass@1); every answer runs in the sandbox.</summary>
/// <remarks>Source: Chen et al., Evaluating Large Language Models Trained on Code (2021).</remarks>
internal static class BenchCodeVerb
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(10);
    private static readonly string[] Ends = ["\nclass", "\ndef", "\n#", "\nif", "\nprint"]; // where a function is over, as the paper has it

    private sealed record Problem(string Id, string Prompt, string Entry, string Solution, string Test);

    internal static Command Build()
    {
        var problems = new Option<string>("--problems") { Required = true, Description = "HumanEval's JSON lines, packed or not" };
        var answers = new Option<string?>("--answers") { Description = "JSON lines with task_id and completion" };
        var ask = new Option<string?>("--ask") { Description = "A task of the service that completes the field source" };
        var purpose = new Option<string>("--purpose") { DefaultValueFactory = _ => "research", Description = "Declared purpose, for --ask" };
        var python = new Option<string>("--python") { DefaultValueFactory = _ => "/usr/bin/python3", Description = "The interpreter" };
        var command = new Command("code", "Run written functions against their tests in the sandbox; without answers, the set's own solutions") { problems, answers, ask, purpose, python };
        Session.Act(command, async (session, parsed, cancellationToken) =>
        {
            var given = parsed.GetValue(answers) is { } file
                ? Lines(file).ToDictionary(a => a.Text("task_id"), a => a.Text("completion"))
                : null;
            var sandbox = new ProgramSandbox(parsed.GetValue(python)!, ["-I", "-"], Within);
            var counts = new Dictionary<ProgramEnd, int>();
            foreach (var problem in Lines(parsed.GetValue(problems)!).Select(Read))
            {
                var completion = given is not null ? given.GetValueOrDefault(problem.Id, "")
                    : parsed.GetValue(ask) is { } task ? await AskAsync(session, task, problem.Prompt, parsed.GetValue(purpose)!, cancellationToken)
                    : problem.Solution;
                var end = await sandbox.RunAsync($"{problem.Prompt}{Cut(completion)}\n{problem.Test}\ncheck({problem.Entry})\n", cancellationToken);
                counts[end] = counts.GetValueOrDefault(end) + 1;
            }
            var (all, passed) = (counts.Values.Sum(), counts.GetValueOrDefault(ProgramEnd.Passed));
            return session.Show(
                new JsonObject { ["problems"] = all, ["passed"] = passed, ["timed_out"] = counts.GetValueOrDefault(ProgramEnd.TimedOut), ["pass_at_1"] = all == 0 ? 0 : passed / (double)all },
                r => Session.Say($"pass@1 {r.Number("pass_at_1", "0.000")}: {passed} of {all} pass their tests, {r.Text("timed_out")} ran out of time."));
        });
        return command;
    }

    private static string Cut(string completion)
    {
        var end = Ends.Select(e => completion.IndexOf(e, StringComparison.Ordinal)).Where(k => k >= 0).DefaultIfEmpty(completion.Length).Min();
        return completion[..end];
    }

    private static async Task<string> AskAsync(Session session, string task, string prompt, string purpose, CancellationToken cancellationToken) =>
        (await InferVerb.AskAsync(session, task, new JsonObject { ["source"] = prompt }, purpose, explain: false, cancellationToken, "public"))!["predictions"]![0].Text("text");

    private static Problem Read(JsonNode line) =>
        new(line.Text("task_id"), line.Text("prompt"), line.Text("entry_point"), line.Text("canonical_solution"), line.Text("test"));

    private static IEnumerable<JsonNode> Lines(string file)
    {
        using var stream = File.OpenRead(file);
        using Stream plain = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        using var reader = new StreamReader(plain);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0)
            {
                yield return Parse(file, line);
            }
        }
    }

    private static JsonNode Parse(string file, string line)
    {
        try
        {
            return JsonNode.Parse(line) as JsonObject ?? throw new IOException($"{file}: a line is no JSON object.");
        }
        catch (JsonException)
        {
            throw new IOException($"{file}: a line is no JSON.");
        }
    }
}
