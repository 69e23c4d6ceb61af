using System.CommandLine;
using System.Text.Json.Nodes;
using Appliance.Cli.Client;

namespace Appliance.Cli.Verbs;

/// <summary><c>model import/list/show/gate/promote/rollback</c>, and those of a folder: inspect, verify, convert.</summary>
internal static class ModelVerbs
{
    internal static Command Build() => new("model", "Base models, candidates and what serves")
    {
        Import(), List(), ShowOne(), LocalModelVerbs.Inspect(), LocalModelVerbs.Verify(), LocalModelVerbs.Convert(),
        Change("gate", "model", "Judge a candidate against the serving model", PrintGate),
        Change("promote", "model", "Let a model serve, if its gate passed", m => Session.Say($"{m.Text("id")} serves {m.Text("task")} now.")),
        Change("rollback", "task", "Let the model before serve again", m => Session.Say($"{m.Text("id")} serves {m.Text("task")} again.")),
    };

    internal static void PrintGate(JsonNode model)
    {
        var gate = model.At("passport.gate");
        Session.Say($"{model.Text("id")}: {gate.Text("result").ToUpperInvariant()}, {gate.Text("reason")}. " +
            $"Difference to {gate.Text("against")}: {gate.Number("difference", "+0.000;-0.000")} " +
            $"[{gate.Number("difference_low", "+0.000;-0.000")}, {gate.Number("difference_high", "+0.000;-0.000")}] on {gate.Text("test_rows")} rows.");
    }

    private static Command Import()
    {
        var name = new Argument<string>("name") { Description = "Name of the base model" };
        var folder = new Argument<string>("folder") { Description = "Folder with model.safetensors, config.json, vocabulary" };
        var command = new Command("import", "Take in a base model; its files are checked in a process of their own") { name, folder };
        Session.Act(command, async (session, parsed, cancellationToken) =>
        {
            var from = parsed.GetValue(folder)!;
            if (!Directory.Exists(from))
            {
                throw new ApiException(ExitCodes.Usage, $"There is no folder {from}.");
            }
            var reply = await session.Api.UploadAsync(
                $"/api/models/{Uri.EscapeDataString(parsed.GetValue(name)!)}", Directory.GetFiles(from).Order(StringComparer.Ordinal),
                cancellationToken);
            return session.Show(reply, m => Session.Say($"Imported {m.Text("id")}: {m["files"]!.AsArray().Count} files."));
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "All models");
        Session.Act(command, async (session, _, cancellationToken) => session.Show(
            await session.Api.GetAsync("/api/models", cancellationToken),
            reply => Session.Table(
                ["MODEL", "STATE", "TASK", "DATASET", "SCORE", "MEASURE", "GATE", "CREATED"],
                reply.AsArray().Select(m => (IReadOnlyList<string>)
                [
                    m.Text("id"), m.Text("state").ToUpperInvariant(), m.Text("task"), m.Text("passport.dataset"),
                    m.Number("passport.evaluation.score", "0.000"), m.Text("passport.evaluation.measure"),
                    m.Text("passport.gate.result").ToUpperInvariant(), m.When("created"),
                ]),
                "No models yet. Next: appliance model import NAME FOLDER")));
        return command;
    }

    private static Command ShowOne()
    {
        var id = new Argument<string>("id") { Description = "NAME or NAME/vN" };
        var command = new Command("show", "One model with its passport") { id };
        Session.Act(command, async (session, parsed, cancellationToken) => session.Show(
            await session.Api.GetAsync("/api/models/" + Uri.EscapeDataString(parsed.GetValue(id)!), cancellationToken),
            reply => Details.Print(reply)));
        return command;
    }

    private static Command Change(string verb, string what, string description, Action<JsonNode> print)
    {
        var target = new Argument<string>(what) { Description = what == "task" ? "A task, such as sentiment" : "NAME or NAME/vN" };
        var command = new Command(verb, description) { target };
        Session.Act(command, async (session, parsed, cancellationToken) =>
        {
            var reply = await session.Api.PostAsync(
                $"/api/models/{verb}", new JsonObject { [what] = parsed.GetValue(target) }, cancellationToken);
            session.Show(reply, print);
            return verb == "gate" && reply.Text("passport.gate.result") != "pass" ? ExitCodes.Check : ExitCodes.Done;
        });
        return command;
    }
}
