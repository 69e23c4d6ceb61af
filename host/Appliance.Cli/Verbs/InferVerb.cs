using System.CommandLine;
using System.Text.Json.Nodes;
using Appliance.Cli.Client;

namespace Appliance.Cli.Verbs;

/// <summary><c>infer TASK</c>: texts and pictures come from standard input or files, never from the command line, where others could read them.</summary>
internal static class InferVerb
{
    internal static Command Build()
    {
        var task = new Argument<string>("task") { Description = "Such as sentiment" };
        var file = new Option<string?>("--file") { Description = "Read the text from a file (default: standard input)" };
        var fields = new Option<string[]>("--field") { Description = "Field and the file to read it from, such as context=letter.txt; pictures as they are. Repeat for more" };
        var labels = new Option<string?>("--data-labels") { Description = "Policy labels of what is sent (default: pii.direct)" };
        var lines = new Option<bool>("--jsonl") { Description = "Read JSON lines of fields, such as {\"text\": ...}; answers come as JSON lines, in their order" };
        var heat = new Option<string?>("--heat-map") { Description = "Write what a model for pictures looked at to this PNG file" };
        var purpose = new Option<string>("--purpose") { DefaultValueFactory = _ => "citizen-service", Description = "Declared purpose" };
        var explain = new Option<bool>("--explain") { Description = "Show the text as the model saw it, and where the time went" };
        var subject = new Option<string?>("--subject-file") { Description = "File with your own number for the person; the log gets a pseudonym (report subject, erase)" };
        var command = new Command("infer", "Ask a model") { task, file, fields, lines, purpose, labels, heat, explain, subject };
        Session.Act(command, async (session, parsed, cancellationToken) =>
        {
            if (parsed.GetValue(lines))
            {
                using var from = parsed.GetValue(file) is { } named ? File.OpenText(named) : Console.In;
                await new InferLines(session, parsed.GetValue(task)!, parsed.GetValue(purpose)!, parsed.GetValue(labels)).RunAsync(from, cancellationToken);
                return ExitCodes.Done;
            }
            var asked = new JsonObject();
            foreach (var pair in (parsed.GetValue(fields) ?? []).Select(f => f.Split('=', 2)))
            {
                asked[pair[0]] = Read(pair[^1]);
            }
            if (asked.Count == 0)
            {
                asked["text"] = parsed.GetValue(file) is { } path ? Read(path) : await Console.In.ReadToEndAsync(cancellationToken);
            }
            if (parsed.GetValue(heat) is not null)
            {
                asked["heat_map"] = "png";
            }
            var reply = await AskAsync(
                session, parsed.GetValue(task)!, asked, parsed.GetValue(purpose)!, parsed.GetValue(explain), cancellationToken, parsed.GetValue(labels),
                parsed.GetValue(subject) is { } person ? Read(person).Trim() : null);
            if (parsed.GetValue(heat) is { } drawn && reply.Text("picture") is { Length: > 0 } picture)
            {
                await File.WriteAllBytesAsync(drawn, Convert.FromBase64String(picture), cancellationToken);
            }
            return session.Show(reply, Print);
        });
        return command;
    }

    internal static Task<JsonNode?> AskAsync(
        Session session, string task, JsonObject fields, string purpose, bool explain, CancellationToken cancellationToken, string? labels = null,
        string? subject = null) =>
        session.Api.PostAsync($"/api/tasks/{Uri.EscapeDataString(task)}/infer", new JsonObject
        {
            ["fields"] = fields, ["purpose"] = purpose, ["explain"] = explain,
            ["labels"] = Labels(labels), ["subject"] = subject,
        }, cancellationToken);

    internal static JsonArray? Labels(string? labels) => labels is null ? null : new JsonArray([.. labels.Split(',').Select(l => (JsonNode)l)]);

    // A picture's bytes as base64, anything else as text.
    private static string Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new ApiException(ExitCodes.Usage, $"There is no file {path}.");
        }
        var bytes = File.ReadAllBytes(path);
        return bytes is [0xFF, 0xD8, ..] or [0x89, (byte)'P', ..] or [(byte)'B', (byte)'M', ..] ? Convert.ToBase64String(bytes) : System.Text.Encoding.UTF8.GetString(bytes);
    }

    internal static void Print(JsonNode reply)
    {
        if (reply.Text("redacted.text") is { Length: > 0 } seen)
        {
            Session.Say("The model saw: " + seen);
        }
        Session.Say("Hidden: " + string.Join(", ", reply["pii_by_type"]!.AsObject().Select(p => $"{p.Key} {p.Value}").DefaultIfEmpty("nothing")));
        foreach (var p in reply["predictions"]!.AsArray())
        {
            var place = p.Text("start").Length > 0 ? $"[{p.Text("start")}, {p.Text("end")}) " : "";
            Session.Say($"  {p.Number("score", "0.000")}  {p.Text("label")} {place}{p.Text("text")}".TrimEnd() + (p.Text("unsure") == "true" ? "  (unsure)" : ""));
        }
        if (reply["times"] is { } t)
        {
            Session.Say($"Milliseconds: policy {t.Number("policy_ms", "0.0")}, intent record {t.Number("intent_ms", "0.0")}, " +
                $"redaction {t.Number("redact_ms", "0.0")}, model {t.Number("worker_ms", "0.0")}, outcome record {t.Number("outcome_ms", "0.0")}");
        }
    }
}
