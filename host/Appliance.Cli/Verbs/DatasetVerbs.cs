using System.CommandLine;
using System.Text.Json.Nodes;
using Appliance.Cli.Client;

namespace Appliance.Cli.Verbs;

/// <summary><c>dataset import/list/show</c>.</summary>
internal static class DatasetVerbs
{
    private const int BadRowsShown = 20;

    internal static Command Build() => new("dataset", "Import and look at data; what is stored is redacted")
    {
        Import(), List(), ShowOne(),
    };

    private static Command Import()
    {
        var name = new Argument<string>("name") { Description = "Name of the dataset" };
        var files = new Argument<string[]>("files") { Description = "CSV, TSV or JSONL files, or a folder of them", Arity = ArgumentArity.OneOrMore };
        var format = new Option<string?>("--format") { Description = "csv, tsv, jsonl, conll, squad or idx (default: by the files' names)" };
        var text = new Option<string>("--text") { DefaultValueFactory = _ => "text", Description = "Column of the text" };
        var label = new Option<string>("--label") { DefaultValueFactory = _ => "label", Description = "Column of the label" };
        var fields = new Option<string[]>("--field") { Description = "Field and its column, such as question=Q, for tasks with several; spans point into the last" };
        var answer = new Option<string>("--answer") { DefaultValueFactory = _ => "class", Description = "What the label is: class, spans, span or text" };
        var keep = new Option<bool>("--keep-parts") { Description = "Files named train, dev or valid, and test are the parts (default: 70/15/15 by seed)" };
        var names = new Option<string?>("--label-names") { Description = "Names of the labels, such as 0=complaint,1=question; others are bad rows" };
        var purpose = new Option<string>("--purpose") { DefaultValueFactory = _ => "citizen-service", Description = "Declared purpose" };
        var zone = new Option<string>("--zone") { DefaultValueFactory = _ => "site", Description = "Zone that the data stays in" };
        var labels = new Option<string>("--data-labels") { DefaultValueFactory = _ => "pii.direct", Description = "Policy labels of the raw data" };
        var command = new Command("import", "Read rows, remove personal data, split, store encrypted")
        {
            name, files, format, text, fields, label, answer, names, keep, purpose, zone, labels,
        };
        Session.Act(command, async (session, parsed, cancellationToken) =>
        {
            using var pictures = PictureFolder.Of(parsed.GetValue(files)!);
            var chosen = pictures is null ? Expand(parsed.GetValue(files)!) : [pictures.Lines];
            var query = new Dictionary<string, string?>
            {
                ["format"] = parsed.GetValue(format) ?? FormatOf(chosen[0]) ?? throw NoFormat(chosen[0]), ["text"] = parsed.GetValue(text),
                ["fields"] = pictures is not null ? "image=image" : parsed.GetValue(fields) is { Length: > 0 } several ? string.Join(',', several) : null,
                ["image"] = pictures is null ? null : "image", ["answer"] = parsed.GetValue(answer), ["keepParts"] = parsed.GetValue(keep) ? "true" : "false",
                ["label"] = parsed.GetValue(label), ["purpose"] = parsed.GetValue(purpose), ["zone"] = parsed.GetValue(zone),
                ["labels"] = parsed.GetValue(labels), ["labelNames"] = parsed.GetValue(names),
            };
            var path = $"/api/datasets/{Uri.EscapeDataString(parsed.GetValue(name)!)}?" + Query(query);
            return session.Show(await session.Api.UploadAsync(path, chosen, cancellationToken), PrintImport);
        });
        return command;
    }

    internal static string Query(IEnumerable<KeyValuePair<string, string?>> values) => string.Join('&', values
        .Where(v => v.Value is not null).Select(v => $"{v.Key}={Uri.EscapeDataString(v.Value!)}"));

    /// <summary>A folder stands for its data files.</summary>
    internal static List<string> Expand(IEnumerable<string> given)
    {
        var files = given.SelectMany(g => Directory.Exists(g)
            ? Directory.GetFiles(g).Where(f => FormatOf(f) is not null).Order(StringComparer.Ordinal)
            : (IEnumerable<string>)[g]).ToList();
        return files.Count > 0 && files.All(File.Exists)
            ? files
            : throw new ApiException(ExitCodes.Usage, $"There is no file {files.FirstOrDefault(f => !File.Exists(f)) ?? "of csv, tsv, jsonl, conll, SQuAD's json or idx there, and no folder of pictures for each class"}.");
    }

    private static ApiException NoFormat(string file) =>
        new(ExitCodes.Usage, $"The name {Path.GetFileName(file)} does not tell the file's format. Say it: --format csv, tsv, jsonl, conll, squad or idx.");

    internal static string? FormatOf(string file) => Path.GetExtension(file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file[..^3] : file).ToLowerInvariant() switch
    {
        ".conll" or ".annotated" => "conll",
        ".json" => "squad",
        var e when e.EndsWith("-ubyte", StringComparison.Ordinal) || file.Contains("-ubyte", StringComparison.Ordinal) => "idx",
        ".csv" => "csv",
        ".tsv" or ".txt" => "tsv",
        ".jsonl" => "jsonl",
        _ => null,
    };

    internal static void PrintImport(JsonNode reply)
    {
        var dataset = reply["dataset"];
        Session.Say($"Imported {dataset.Text("name")}/v{dataset.Text("version")}: {dataset.Text("rows")} rows, " +
            $"{dataset.Text("bad_rows")} bad rows, {dataset.Text("duplicates")} duplicates dropped.");
        foreach (var bad in reply["bad_rows"]!.AsArray().Take(BadRowsShown))
        {
            Session.Say($"  bad row: {bad.Text("file")} line {bad.Text("line")}: {bad.Text("reason")}");
        }
        if (reply["bad_rows"]!.AsArray().Count > BadRowsShown)
        {
            Session.Say($"  ... and {reply["bad_rows"]!.AsArray().Count - BadRowsShown} more; see them all with --json");
        }
        Session.Say("Personal data found and hidden: " + string.Join(", ", dataset.At("pii_by_type")!.AsObject()
            .Select(p => $"{p.Key} {p.Value}").DefaultIfEmpty("none")));
    }

    private static Command List()
    {
        var command = new Command("list", "All datasets");
        Session.Act(command, async (session, _, cancellationToken) => session.Show(
            await session.Api.GetAsync("/api/datasets", cancellationToken),
            reply => Session.Table(
                ["DATASET", "ROWS", "BAD", "LABELS", "PURPOSE", "DATA LABELS", "CREATED"],
                reply.AsArray().Select(d => (IReadOnlyList<string>)
                [
                    d.Text("id"), d.Text("rows"), d.Text("bad_rows"), d.Text("labels"), d.Text("purpose"), d.Text("data_labels"), d.When("created"),
                ]),
                "No datasets yet. Next: appliance dataset import NAME FILE")));
        return command;
    }

    private static Command ShowOne()
    {
        var id = new Argument<string>("id") { Description = "NAME or NAME/vN" };
        var command = new Command("show", "One dataset's papers") { id };
        Session.Act(command, async (session, parsed, cancellationToken) => session.Show(
            await session.Api.GetAsync("/api/datasets/" + Uri.EscapeDataString(parsed.GetValue(id)!), cancellationToken),
            reply => Details.Print(reply)));
        return command;
    }
}
