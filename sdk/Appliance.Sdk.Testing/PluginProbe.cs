using Appliance.Models.Checkpoints;
using Appliance.Sdk.Conformance;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training;
using TorchSharp;

namespace Appliance.Sdk.Testing;

/// <summary>Puts a plugin through what a site asks of it, inside a test's own process: for a maker's tests, under any test framework.</summary>
/// <remarks>It finds mistakes early and with a debugger at hand; what a sandbox would stop is found by <c>appliance plugin check</c> only.</remarks>
public sealed class PluginProbe
{
    private const int Rows = 60, HeldFrom = 40, TestFrom = 50;
    private const int Requests = 100, Settled = 20;
    private static readonly string[] Odd = ["", " ", "\0\u001b[31m", "🎉 ‏שלום", new('a', 20_000), string.Concat(Enumerable.Repeat("x ", 5_000)), "../../etc/passwd"];
    private readonly PluginManifest _manifest;
    private readonly ITrainablePlugin _plugin;

    private PluginProbe(PluginManifest manifest, ITrainablePlugin plugin) => (_manifest, _plugin) = (manifest, plugin);

    /// <param name="manifestFile">Path of <c>plugin.yaml</c>.</param>
    /// <exception cref="InvalidDataException">The manifest has mistakes, or names another type than <typeparamref name="T"/>.</exception>
    public static PluginProbe For<T>(string manifestFile)
        where T : ITrainablePlugin, new()
    {
        var (manifest, errors) = PluginManifest.Read(File.ReadAllText(manifestFile));
        return manifest is null ? throw new InvalidDataException($"{manifestFile}: {string.Join("; ", errors)}")
            : manifest.Type != typeof(T).FullName || manifest.Assembly != typeof(T).Assembly.GetName().Name + ".dll"
                ? throw new InvalidDataException($"{manifestFile} names {manifest.Type} in {manifest.Assembly}; the plugin is {typeof(T).FullName} in {typeof(T).Assembly.GetName().Name}.dll.")
                : new PluginProbe(manifest, new T());
    }

    /// <summary>Teaches a task on toy rows and asks the saved model.</summary>
    /// <param name="recipe">YAML; its base_model is not looked at.</param>
    /// <param name="baseFolder">Folder of the base model.</param>
    /// <returns>What is wrong, in words that say what to do; empty where nothing is.</returns>
    /// <exception cref="InvalidDataException">The recipe, the base or the training failed.</exception>
    public IReadOnlyList<string> Problems(string task, string recipe, string baseFolder)
    {
        var declared = _manifest.Tasks.First(t => t.Name == task);
        var rows = ToyRows.Of(declared, Rows);
        TaskInput[] asked = [.. rows.Skip(TestFrom).Select(r => r.Input)];
        var problems = new List<string>();

        // 1 It learns, and what it saves opens again.
        var (files, first) = Taught(declared, recipe, baseFolder, rows, asked);
        using var again = _plugin.Open(task, new ModelFiles(files), "cpu");
        var second = again.Answer(asked);

        // 2 The same answers: saved, one by one, asked twice.
        Require(problems, Same(first, second), "The saved model gives other answers than the trained one: save everything that an answer depends on.");
        Require(problems, Same(second, again.Answer(asked)), "The same requests got other answers: fix every seed, keep nothing from request to request.");
        Require(problems, Same(second, [.. asked.Select(again.Answer)]), "Requests that are answered together get other answers than one by one: mind the padding.");
        Require(problems, second.SelectMany(o => o.Predictions).All(p => p.Score is >= 0 and <= 1 && !(p.Start > p.End)), "A score is no probability, or a span ends before it begins.");

        // 3 Bad requests are refused in words, odd ones survived, memory is given back.
        Require(problems, Refuses(again, new TaskInput(new Dictionary<string, string>())), "A request without its field was answered: throw ArgumentException, as TaskInput's indexer does.");
        problems.AddRange(Odd.Select(text => Survives(again, declared, text)).OfType<string>());
        Require(problems, !Grows(again, asked[0]), "Tensors are left over after each request: use a dispose scope.");
        return problems;
    }

    private (IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files, IReadOnlyList<TaskOutput> Answers) Taught(
        TaskManifest task, string yaml, string baseFolder, IReadOnlyList<LabelledInput> rows, TaskInput[] asked)
    {
        var (recipe, errors) = RecipeReader.Read(yaml);
        if (recipe is null)
        {
            throw new InvalidDataException(string.Join("; ", errors));
        }
        var files = Directory.GetFiles(baseFolder).ToDictionary(f => Path.GetFileName(f), f => (ReadOnlyMemory<byte>)File.ReadAllBytes(f));
        torch.random.manual_seed(recipe.Seed);
        using var taught = _plugin.Build(recipe, new ModelFiles(files), ToyRows.Labels(task), torch.CPU);
        using var trainer = new Trainer(recipe, taught, new Silent(), TimeProvider.System);
        LabelledInput[] held = [.. rows.Skip(HeldFrom).Take(TestFrom - HeldFrom)];
        trainer.Run(
            [.. rows.Take(HeldFrom).SelectMany(r => taught.Encode(r, learning: true))], [.. held.SelectMany(r => taught.Encode(r, learning: false))], null, CancellationToken.None);
        taught.Calibrate(held);
        return (taught.Save(), taught.Answer(asked));
    }

    // The last bits of a score may differ with the size of a batch.
    private static bool Same(IReadOnlyList<TaskOutput> a, IReadOnlyList<TaskOutput> b) => a.Count == b.Count && a.Zip(b).All(p =>
        p.First.Predictions.Count == p.Second.Predictions.Count && p.First.Predictions.Zip(p.Second.Predictions).All(q =>
            q.First with { Score = 0 } == q.Second with { Score = 0 } && Math.Abs(q.First.Score - q.Second.Score) < 0.01));

    private static bool Refuses(ITask task, TaskInput input)
    {
        try
        {
            task.Answer(input);
            return false;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    private static string? Survives(ITask task, TaskManifest declared, string text)
    {
        try
        {
            task.Answer(new TaskInput(declared.InputFields.ToDictionary(f => f, _ => text)));
            return null;
        }
        catch (ArgumentException e)
        {
            return text.Length > 3 && e.Message.Contains(text, StringComparison.Ordinal) ? "A refusal quotes its input: say what is wrong without it." : null;
        }
        catch (Exception e) // boundary: a plugin's own exceptions are what is looked for
        {
            return $"A text of {text.Length} characters ended in {e.GetType().Name}: answer it, or throw ArgumentException.";
        }
    }

    private static bool Grows(ITask task, TaskInput input)
    {
        var before = 0L;
        for (var k = 0; k < Requests; k++)
        {
            before = k == Settled ? torch.Tensor.TotalCount : before;
            task.Answer(input);
        }
        return torch.Tensor.TotalCount > before;
    }

    private static void Require(List<string> problems, bool holds, string problem)
    {
        if (!holds)
        {
            problems.Add(problem);
        }
    }

    private sealed class Silent : ITrainingObserver
    {
        public void Report(TrainingProgress progress)
        {
        }

        public void SaveCheckpoint(ICheckpoint state)
        {
        }
    }
}
