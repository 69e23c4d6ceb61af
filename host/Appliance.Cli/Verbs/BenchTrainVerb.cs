using System.CommandLine;
using System.Globalization;

namespace Appliance.Cli.Verbs;

/// <summary><c>bench train</c>: one run on a folder of data, without the service, in the environment that a job has.</summary>
internal static class BenchTrainVerb
{
    internal static Command Build()
    {
        var model = new Option<string>("--base") { Required = true, Description = "Folder of the base model" };
        var data = new Option<string>("--data") { Required = true, Description = "Folder of .csv, .tsv, .txt, .jsonl, .conll, SQuAD or idx files" };
        var method = new Option<string>("--method") { DefaultValueFactory = _ => "full" };
        var epochs = new Option<int?>("--epochs") { Description = "Passes over the training part; the recipe's, or 5" };
        var precision = new Option<string?>("--precision") { Description = "fp32 or bf16" };
        var seed = new Option<int?>("--seed") { Description = "The recipe's, or 1" };
        var recipe = new Option<string?>("--recipe") { Description = "More fields, as a recipe file; the options above win" };
        var local = new LocalTraining();
        var command = new Command("train", "Train on a folder of data and test, without the service") { model, data, method, epochs, precision, seed, recipe };
        local.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Task.FromResult(LocalModelVerbs.Guarded(() => local.Run(
            parsed,
            parsed.GetValue(recipe),
            new Dictionary<string, string?>
            {
                ["base_model"] = LocalModelVerbs.Existing(parsed.GetValue(model)!), // required
                ["task"] = "bench",
                ["method"] = parsed.GetValue(recipe) is null || parsed.GetResult(method) is { Implicit: false } ? parsed.GetValue(method) : null,
                ["num_train_epochs"] = parsed.GetValue(epochs)?.ToString(CultureInfo.InvariantCulture),
                ["precision"] = parsed.GetValue(precision),
                ["seed"] = parsed.GetValue(seed)?.ToString(CultureInfo.InvariantCulture),
            },
            parsed.GetValue(data)!, // required
            cancellationToken))));
        return command;
    }
}
