using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Appliance.Sdk.Recipes;
using Appliance.Torch.Beyond;
using Appliance.Training;
using Appliance.Training.Distributed;
using Appliance.Training.Measuring;
using Appliance.Training.Search;

namespace Appliance.Cli.Verbs;

/// <summary>One run on a folder of data, without the service, in the environment that a job has: <c>bench train</c> and <c>train --data</c>.</summary>
internal sealed class LocalTraining
{
    private const string Marker = "APPLIANCE_JOB_ENVIRONMENT";
    private readonly Option<string?> _checkpoints = new("--checkpoints") { Description = "Folder to keep checkpoints in and go on from" };
    private readonly Option<string?> _save = new("--save") { Description = "Folder for the trained model" };
    private readonly Option<int> _threads = new("--threads") { DefaultValueFactory = _ => Environment.ProcessorCount };
    private readonly Option<string?> _nodes = new("--nodes") { Description = "HOST:PORT of the first of several processes that learn together" };
    private readonly Option<int> _rank = new("--rank") { Description = "This process, from 0" };
    private readonly Option<int> _world = new("--world") { DefaultValueFactory = _ => 1, Description = "Processes in all" };

    internal void AddTo(Command command)
    {
        foreach (var option in (Option[])[_checkpoints, _save, _threads, _nodes, _rank, _world])
        {
            command.Options.Add(option);
        }
    }

    /// <param name="file">Recipe, or null for the fields alone.</param>
    /// <param name="fields">What takes the place of the recipe's own.</param>
    internal int Run(ParseResult parsed, string? file, Dictionary<string, string?> fields, string data, CancellationToken cancellationToken)
    {
        EnterJobEnvironment();
        var text = Text(file, fields);
        var folder = LocalModelVerbs.Existing(data);
        var cores = Math.Clamp(parsed.GetValue(_threads), 1, 256);
        var best = Searched(text, folder, cores, parsed.GetValue(_checkpoints), cancellationToken);
        using var exchange = parsed.GetValue(_nodes) is { } place ? new GlooExchange(place, parsed.GetValue(_rank), parsed.GetValue(_world)) : null;
        var result = TrainingBench.Run(
            best, folder, cores, Runs(parsed.GetValue(_checkpoints)), parsed.GetValue(_save), p => Report(p, best), cancellationToken, exchange);
        Print(result, parsed.GetValue(Session.JsonOption));
        return ExitCodes.Done;
    }

    /// <summary>Begins the process again with what a job's process has in its environment; must come before the first tensor.</summary>
    internal static void EnterJobEnvironment() => ProcessImage.RestartWith(Marker, JobEnvironment.Set, JobEnvironment.Removed);

    // The fields of the options take the place of the file's own.
    private static string Text(string? file, Dictionary<string, string?> fields)
    {
        var set = fields.Where(f => f.Value is not null).ToArray();
        if (file is not null && !File.Exists(file))
        {
            throw new ArgumentException($"There is no file {file}.");
        }
        var kept = file is null ? [] : File.ReadAllLines(file).Where(l => !set.Any(f => l.StartsWith(f.Key + ":", StringComparison.Ordinal)));
        return string.Join('\n', kept.Concat(set.Select(f => $"{f.Key}: {f.Value}")));
    }

    // A search's winner has checkpoints of its own.
    private static string? Runs(string? folder) => folder is null ? null : File.Exists(Path.Combine(folder, "trials.jsonl")) ? Path.Combine(folder, "best") : folder;

    private static Recipe Read(string text)
    {
        var (recipe, errors) = RecipeReader.Read(text);
        return recipe ?? throw new ArgumentException("The recipe has problems:\n  " + string.Join("\n  ", errors));
    }

    // With logging_steps in the recipe, a line a step on standard error.
    private static void Report(TrainingProgress p, Recipe recipe)
    {
        if (recipe.LoggingSteps > 0 && p.GradientNorm > 0)
        {
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {p.Step} loss {p.Loss:R} rate {p.LearningRate:R}"));
        }
    }

    // The best of a search on the validation part; the test part is looked at once, afterwards, with the winner.
    private static Recipe Searched(string text, string data, int threads, string? journal, CancellationToken cancellationToken)
    {
        var recipe = Read(text);
        if (recipe.Search is not { } options)
        {
            return recipe;
        }
        var search = new RecipeSearch(text, options, journal is null ? null : Path.Combine(journal, "trials.jsonl"));
        var best = search.Best(r => TrainingBench.Validate(r, data, threads, cancellationToken), cancellationToken);
        foreach (var trial in search.Trials)
        {
            Console.Error.WriteLine($"trial {trial.Number}: {string.Join(", ", trial.Fields.Select(f => $"{f.Key} {f.Value}"))}, {trial.Epochs} epochs: {trial.Metric.ToString("0.0000", CultureInfo.InvariantCulture)}");
        }
        return Read(best) with { Search = null };
    }

    private static void Print(TrainingBenchResult r, bool json)
    {
        if (!json)
        {
            Session.Say($"{r.ExamplesPerSecond:0} examples/s, {r.Seconds:0.0} s, {string.Join(", ", r.TestMetrics.Select(m => $"{m.Key} {m.Value:0.0000}"))}, " +
                $"{r.PeakRssBytes / 1e6:0} MB at most, {r.Threads} threads, {r.Precision}");
            r.Verdict.ToList().ForEach(v => Session.Say(v));
            return;
        }
        var all = new JsonObject
        {
            ["examples_per_s"] = Math.Round(r.ExamplesPerSecond, 2), ["seconds"] = Math.Round(r.Seconds, 3),
            ["test_accuracy"] = r.TestMetrics.GetValueOrDefault("accuracy", r.TestMetrics.Values.FirstOrDefault()),
            ["peak_rss_bytes"] = r.PeakRssBytes, ["threads"] = r.Threads, ["precision"] = r.Precision, ["learnt_parameters"] = r.LearntParameters,
            ["steps"] = r.Steps, ["environment"] = JobEnvironment.Describe(),
            ["verdict"] = new JsonArray([.. r.Verdict.Select(v => (JsonNode)v)]),
        };
        foreach (var (name, value) in r.TestMetrics)
        {
            all["test_" + name] = value;
        }
        if (r.Epsilon is { } epsilon)
        {
            all["epsilon"] = epsilon;
        }
        Console.WriteLine(all.ToJsonString());
    }
}
