using System.CommandLine;
using Appliance.Domain.Policies;
using Appliance.Domain.Privacy;
using Appliance.Domain.Privacy.Operations;
using Appliance.Domain.Privacy.Site;
using Appliance.Domain.Privacy.Structured;

namespace Appliance.Cli.Verbs;

/// <summary>Personal data in files with columns and paths: redaction, a report, and the way back.</summary>
internal static class PiiTables
{
    internal static async Task<int> RedactAsync(
        Redactor redactor, RedactionPolicy policy, Pseudonyms numbering, ParseResult parsed, PiiOptions options, CancellationToken cancellationToken)
    {
        var columns = (parsed.GetValue(options.Columns) ?? []).Select(c => c.Split('=')).ToDictionary(c => c[0], c => c.Length == 2 && RedactionPreset.Operator(c[1]) is { } chosen
            ? chosen : throw new ArgumentException($"'{string.Join('=', c)}' is not NAME=OPERATOR."));
        var table = new TabularRedaction(redactor, policy, numbering, columns);
        Console.Write(table.Redact(new Sensitive<string>(await Console.In.ReadToEndAsync(cancellationToken)), Format(parsed.GetValue(options.Format)!))); // has a default
        return ExitCodes.Done;
    }

    internal static Command Report()
    {
        var file = new Argument<string>("file") { Description = "CSV, JSON, JSONL, XML or text" };
        var quasi = new Option<string?>("--quasi") { Description = "Columns of a CSV that others may know, with commas: how well its rows hide in one another" };
        var secret = new Option<string?>("--sensitive") { Description = "The column that nobody may learn" };
        var command = new Command("report", "What a file holds: counts by column and kind, examples only masked, k-anonymity and l-diversity") { file, quasi, secret };
        command.SetAction((parsed, cancellationToken) => PiiVerbs.GuardedAsync(async () =>
        {
            var path = parsed.GetValue(file)!; // required
            var text = new Sensitive<string>(await File.ReadAllTextAsync(path, cancellationToken));
            var redactor = new Redactor(new Detector(TimeProvider.System, TimeSpan.FromSeconds(10)));
            var table = new TabularRedaction(redactor, EntityTypes.All.ToDictionary(t => t, _ => RedactionOperator.Mask), redactor.Numbering());
            var masked = table.Redact(text, Format(Path.GetExtension(path).TrimStart('.')));
            Console.WriteLine($"{path}: {table.Found.Values.Sum(f => f.Values.Sum())} finds");
            foreach (var (column, kinds) in table.Found)
            {
                Console.WriteLine($"  {(column.Length == 0 ? "(text)" : column),-24} {string.Join(", ", kinds.OrderByDescending(k => k.Value).Select(k => $"{k.Key} {k.Value}"))}");
            }
            foreach (var example in masked.Split('\n').Where(l => l.Contains("***", StringComparison.Ordinal)).Take(3))
            {
                Console.WriteLine($"  e.g. {(example.Length > 160 ? example[..160] + " ..." : example)}");
            }
            if (parsed.GetValue(quasi) is { } columns)
            {
                var hidden = Anonymity.Of(text, columns.Split(','), parsed.GetValue(secret));
                Console.WriteLine($"  {hidden.Rows} rows in {hidden.Classes} classes by {columns}: k = {hidden.K}, {hidden.Alone} rows stand alone{(hidden.L > 0 ? $"; l = {hidden.L}" : "")}");
            }
            return ExitCodes.Done;
        }));
        return command;
    }

    internal static Command Back()
    {
        var key = new Option<string>("--key") { Required = true, Description = "The key that it was redacted with" };
        var map = new Option<string?>("--map") { Description = "The sealed map of pseudonyms" };
        var purpose = new Option<string?>("--purpose") { Description = "What the map was sealed for" };
        var command = new Command("reveal", "Put encrypted values and pseudonyms back (redacted text from standard input)") { key, map, purpose };
        command.SetAction((parsed, cancellationToken) => PiiVerbs.GuardedAsync(async () =>
        {
            var keys = PiiVerbs.Key(parsed.GetValue(key)!); // required
            var text = SealedMap.Decrypt(await Console.In.ReadToEndAsync(cancellationToken), keys);
            if (parsed.GetValue(map) is { } file)
            {
                var values = SealedMap.Open(await File.ReadAllBytesAsync(file, cancellationToken), keys, parsed.GetValue(purpose) ?? "");
                if (values is null)
                {
                    Console.Error.WriteLine("The map does not open: another key, another purpose, or it was changed.");
                    return ExitCodes.Policy;
                }
                var back = new Depseudonymiser(values);
                text = back.Push(text) + back.End();
            }
            Console.Write(text);
            return ExitCodes.Done;
        }));
        return command;
    }

    private static TextFormat Format(string name) => name.ToLowerInvariant() switch
    {
        "csv" or "tsv" => TextFormat.Csv,
        "json" => TextFormat.Json,
        "jsonl" => TextFormat.Jsonl,
        "xml" => TextFormat.Xml,
        "text" or "txt" or "" => TextFormat.Text,
        _ => throw new ArgumentException($"--format is text, csv, json, jsonl or xml, not {name}."),
    };
}
