using System.Text.Json.Nodes;
using Appliance.Cli.Client;
using Appliance.Cli.Verbs;

namespace Appliance.Cli.Demo;

/// <summary>The main job from end to end, in plain words: letters in, personal data out, a model trained, gated, promoted, asked.</summary>
internal sealed class MainJob(Session session, TimeProvider clock, string samples, string recipe, string output)
{
    private const string BaseModel = "use-lite-en";
    private const string LabelNames = "0=complaint,1=question,2=praise";

    // Invented: the fiscal code and the IBAN have valid checks and belong to nobody.
    private const string NewLetter =
        "Oggetto: Lampione spento Gentile Comune, mi chiamo Elisa Bruni, codice fiscale RSSMRA85T10A562S, e abito in Via dei Mille 21. " +
        "Da tre settimane il lampione davanti a casa è spento e nessuno interviene nonostante le mie telefonate: è inaccettabile. " +
        "Chiedo il rimborso della tassa sul conto IT60X0542811101000000123456. Distinti saluti Elisa Bruni elisa.bruni@example.it";

    private readonly long _started = clock.GetTimestamp();
    private int _step;

    internal async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        // 1 A base model, checked in a process of its own.
        Head("A base model comes in");
        var model = await session.Api.UploadAsync(
            $"/api/models/{BaseModel}", Directory.GetFiles(Path.Combine(samples, BaseModel)).Order(StringComparer.Ordinal), cancellationToken);
        Session.Say($"{model.Text("id")}: {model!["files"]!.AsArray().Count} files, stored encrypted. No network was used.");

        // 2 Letters full of personal data.
        var imported = await ImportAsync(cancellationToken);

        // 3 Train in a worker process, on redacted text only; the gate and the promotion follow by themselves.
        Head("A model is fine-tuned offline, in a worker process of its own");
        var trained = await DemoTraining.RunAsync(session, recipe, "letters", "citizen-service", cancellationToken);
        PrintResult(trained);

        // 4 A new letter.
        await AskAsync(cancellationToken);

        // 5 The log is signed; the checkpoint leaves the machine, here: the state's folder.
        var checkpoint = await session.Api.TextAsync(HttpMethod.Post, "/api/audit/checkpoint", cancellationToken);
        Directory.CreateDirectory(output);
        await File.WriteAllTextAsync(Path.Combine(output, "checkpoint.note"), checkpoint, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(output, "audit.pub"), await session.Api.TextAsync(HttpMethod.Get, "/api/audit/key", cancellationToken), cancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(output, "facts.json"), Facts(imported, trained).ToJsonString(), cancellationToken);
        return ExitCodes.Done;
    }

    private async Task<JsonNode> ImportAsync(CancellationToken cancellationToken)
    {
        Head("Letters come in, personal data goes out");
        var query = DatasetVerbs.Query(new Dictionary<string, string?>
        {
            ["format"] = "csv", ["text"] = "text", ["label"] = "label", ["purpose"] = "citizen-service", ["zone"] = "site",
            ["labels"] = "pii.direct", ["labelNames"] = LabelNames,
        });
        var imported = (await session.Api.UploadAsync(
            "/api/datasets/letters?" + query, DatasetVerbs.Expand([Path.Combine(samples, "letters-it")]), cancellationToken))!;
        DatasetVerbs.PrintImport(imported);
        Console.WriteLine();
        Session.Say("Three letters as they are stored and learnt from:");
        foreach (var sample in imported["samples"]!.AsArray())
        {
            Session.Say("  | " + sample);
        }
        Console.WriteLine();
        Session.Say($"Policy: ALLOW by rule {imported.Text("decision.rule_id")}, with {imported.Text("decision.obligations")}. Raw text was not kept.");
        Session.Say("Split: " + string.Join(", ", imported.At("dataset.split_counts")!.AsObject().Select(s => $"{s.Key} {s.Value}"))
            + ". Near-duplicates that were found stand in one part only.");
        return imported;
    }

    private void PrintResult(JsonNode trained)
    {
        var evaluation = trained.At("passport.evaluation");
        Session.Say($"Trained in {trained.Number("passport.train_seconds", "0.0")} s ({trained.Number("passport.examples_per_second", "0")} examples/s, " +
            $"{trained.Text("passport.precision")}, {trained.Text("passport.threads")} threads); the best was epoch {trained.Text("passport.best_epoch")}.");
        Head("The candidate is tested on letters that it has never seen");
        Session.Say($"Accuracy {evaluation.Number("score", "0.000")}, 95 % interval [{trained.Number("passport.gate.score_low", "0.000")}, " +
            $"{trained.Number("passport.gate.score_high", "0.000")}], macro-F1 {evaluation.Number("metrics.macro_f1", "0.000")}; " +
            $"always guessing the commonest label: {evaluation.Number("baseline", "0.000")}.");
        Head("The gate decides");
        ModelVerbs.PrintGate(trained);
        Session.Say(trained.Text("state") == "live"
            ? $"Promoted: {trained.Text("id")} serves the task sentiment now. Back: appliance model rollback sentiment"
            : "Not promoted: the gate did not pass.");
    }

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        Head("A new letter is answered");
        var reply = (await InferVerb.AskAsync(session, "sentiment", new JsonObject { ["text"] = NewLetter }, "citizen-service", explain: true, cancellationToken))!;
        InferVerb.Print(reply);
    }

    private JsonObject Facts(JsonNode imported, JsonNode trained) => new()
    {
        ["rows"] = imported.At("dataset.rows")!.DeepClone(),
        ["pii_by_type"] = imported.At("dataset.pii_by_type")!.DeepClone(),
        ["test_accuracy"] = trained.At("passport.evaluation.score")!.DeepClone(),
        ["test_macro_f1"] = trained.At("passport.evaluation.metrics.macro_f1")!.DeepClone(),
        ["ci_low"] = trained.At("passport.gate.score_low")!.DeepClone(),
        ["ci_high"] = trained.At("passport.gate.score_high")!.DeepClone(),
        ["train_seconds"] = trained.At("passport.train_seconds")!.DeepClone(),
        ["total_seconds"] = clock.GetElapsedTime(_started).TotalSeconds,
        ["gate"] = trained.Text("passport.gate.result"),
        ["model_version"] = trained.Text("id"),
    };

    private void Head(string title)
    {
        Console.WriteLine();
        Session.Say($"== {++_step}. {title}");
    }
}
