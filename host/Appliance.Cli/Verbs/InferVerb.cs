using System.CommandLine;
using System.Text.Json.Nodes;
using Appliance.Cli.Client;

namespace Appliance.Cli.Verbs;

/// <summary><c>infer TASK</c>: the text comes from standard input or a file, never from the command line, where others could read it.</summary>
internal static class InferVerb
{
    internal static Command Build()
    {
        var task = new Argument<string>("task") { Description = "Such as sentiment" };
        var file = new Option<string?>("--file") { Description = "Read the text from a file (default: standard input)" };
        var purpose = new Option<string>("--purpose") { DefaultValueFactory = _ => "citizen-service", Description = "Declared purpose" };
        var explain = new Option<bool>("--explain") { Description = "Show the text as the model saw it, and where the time went" };
        var command = new Command("infer", "Ask a model") { task, file, purpose, explain };
        Session.Act(command, async (session, parsed, cancellationToken) =>
        {
            var text = parsed.GetValue(file) is { } path
                ? await File.ReadAllTextAsync(path, cancellationToken)
                : await Console.In.ReadToEndAsync(cancellationToken);
            var reply = await AskAsync(
                session, parsed.GetValue(task)!, text, parsed.GetValue(purpose)!, parsed.GetValue(explain), cancellationToken);
            return session.Show(reply, Print);
        });
        return command;
    }

    internal static Task<JsonNode?> AskAsync(
        Session session, string task, string text, string purpose, bool explain, CancellationToken cancellationToken) =>
        session.Api.PostAsync($"/api/tasks/{Uri.EscapeDataString(task)}/infer", new JsonObject
        {
            ["fields"] = new JsonObject { ["text"] = text }, ["purpose"] = purpose, ["explain"] = explain,
        }, cancellationToken);

    internal static void Print(JsonNode reply)
    {
        if (reply.Text("redacted.text") is { Length: > 0 } seen)
        {
            Session.Say("The model saw: " + seen);
        }
        Session.Say("Hidden: " + string.Join(", ", reply["pii_by_type"]!.AsObject().Select(p => $"{p.Key} {p.Value}").DefaultIfEmpty("nothing")));
        foreach (var p in reply["predictions"]!.AsArray())
        {
            Session.Say($"  {p.Number("score", "0.000")}  {p.Text("label")} {p.Text("text")}".TrimEnd());
        }
        if (reply["times"] is { } t)
        {
            Session.Say($"Milliseconds: policy {t.Number("policy_ms", "0.0")}, intent record {t.Number("intent_ms", "0.0")}, " +
                $"redaction {t.Number("redact_ms", "0.0")}, model {t.Number("worker_ms", "0.0")}, outcome record {t.Number("outcome_ms", "0.0")}");
        }
    }
}
