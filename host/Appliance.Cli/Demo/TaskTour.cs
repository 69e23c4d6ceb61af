using System.Text.Json.Nodes;
using Appliance.Cli.Client;
using Appliance.Cli.Verbs;

namespace Appliance.Cli.Demo;

/// <summary>The other tasks on public data, one after the other: a base, a dataset, a recipe, the gate, a question.</summary>
/// <param name="plugins">Folder with a folder of recipes for each plugin.</param>
internal sealed class TaskTour(Session session, string samples, string plugins)
{
    private const string Purpose = "research";

    /// <param name="Data">Folder below the samples, or its files that match.</param>
    /// <param name="Layout">The import's own settings.</param>
    /// <param name="Question">Fields to ask with; a file below the samples after @.</param>
    private sealed record Stop(
        string Task, string Base, string Dataset, string Data, Dictionary<string, string?> Layout, string Recipe, Dictionary<string, string> Question);

    private static readonly Stop[] Stops =
    [
        new("entities", "use-lite-en", "wnut17", "ner-wnut17", new() { ["format"] = "conll", ["keepParts"] = "true" }, "Entities/recipes/wnut17.yaml",
            new() { ["text"] = "Just saw Angela Merkel in Berlin, near the Apple store!" }),
        new("questions", "use-lite-en", "xquad", "qa-xquad-en", new() { ["format"] = "squad" }, "Questions/recipes/xquad.yaml",
            new() { ["question"] = "When was the library opened?", ["context"] = "The town hall stands by the river. The library was opened in 1912 and has 40,000 books." }),
        new("vision", "resnet20-cifar10", "mnist", "mnist", new() { ["format"] = "idx" }, "Vision/recipes/mnist.yaml",
            new() { ["image"] = "@photos/three.png", ["heat_map"] = "png" }),
        new("code-lines", "use-lite-en", "code-lines", "code-lines", new() { ["format"] = "jsonl" }, "Code/recipes/code-lines.yaml",
            new() { ["text"] = "for (int i = 0; i <= items.size(); i++) {items.get(i).close();}" }),
    ];

    internal async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        foreach (var stop in Stops)
        {
            Console.WriteLine();
            Session.Say($"== {stop.Task}: {stop.Data} on {stop.Base}");
            await UploadAsync($"/api/models/{stop.Base}", stop.Base, cancellationToken);
            var query = DatasetVerbs.Query(new Dictionary<string, string?>(stop.Layout) { ["label"] = "label", ["purpose"] = Purpose, ["zone"] = "site", ["labels"] = "public" });
            DatasetVerbs.PrintImport((await UploadAsync($"/api/datasets/{stop.Dataset}?{query}", stop.Data, cancellationToken))!);
            Print(await DemoTraining.RunAsync(session, Path.Combine(plugins, stop.Recipe), stop.Dataset, Purpose, cancellationToken));
            InferVerb.Print((await InferVerb.AskAsync(session, stop.Task, Fields(stop), Purpose, explain: false, cancellationToken, "public"))!);
        }
        return ExitCodes.Done;
    }

    private Task<JsonNode?> UploadAsync(string path, string folder, CancellationToken cancellationToken) =>
        session.Api.UploadAsync(path, Directory.GetFiles(Path.Combine(samples, folder)).Where(f => !f.EndsWith("LICENSE", StringComparison.Ordinal)).Order(StringComparer.Ordinal), cancellationToken);

    private static void Print(JsonNode trained)
    {
        var evaluation = trained.At("passport.evaluation");
        Session.Say($"{evaluation.Text("measure")} {evaluation.Number("score", "0.000")}, 95 % interval [{trained.Number("passport.gate.score_low", "0.000")}, " +
            $"{trained.Number("passport.gate.score_high", "0.000")}] on {trained.Text("passport.gate.test_rows")} rows; {trained.Text("passport.gate.against")}: " +
            $"{evaluation.Number("baseline", "0.000")}; calibration error {evaluation.Number("metrics.calibration_error", "0.000")}; {trained.Number("passport.train_seconds", "0.0")} s.");
        ModelVerbs.PrintGate(trained);
    }

    private JsonObject Fields(Stop stop) => new(stop.Question.Select(q => new KeyValuePair<string, JsonNode?>(
        q.Key, q.Value.StartsWith('@') ? Convert.ToBase64String(File.ReadAllBytes(Path.Combine(samples, q.Value[1..]))) : q.Value)));
}
