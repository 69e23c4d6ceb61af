using System.Globalization;
using System.Text.Json;
using Appliance.Bench;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Sdk.Scoring;
using Appliance.Training;
using Appliance.Training.Evaluation;
using Appliance.Training.Tasks;
using static TorchSharp.torch;

// bench train DATA RECIPE SEEDS [fp32|bf16]   accuracy and speed of a recipe on uci, letters or letters-raw
// bench bleu FOUND WANTED                     BLEU of lines against lines
// bench pii [FILE]                          speed of finding personal data
// bench audit FOLDER [RECORDS]                speed of the audit log; with RECORDS, a log of that length for the verifier
// bench tagger FILE                         trains the tagger of names into FILE
// bench clusters FOLDER FILE                sorts the words of running text into classes
// bench tokens FILE                           token ids of the UCI sentences of seed 1, for the PyTorch reference
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var samples = Path.Combine(Environment.CurrentDirectory, "samples");
var files = new ModelFiles(Directory.GetFiles(Path.Combine(samples, "use-lite-en"))
    .ToDictionary(f => Path.GetFileName(f), f => (ReadOnlyMemory<byte>)File.ReadAllBytes(f)));
set_num_threads(Environment.ProcessorCount);
switch (args)
{
    case ["tokens", var path]:
        var recipe = RecipeReader.Read("base_model: b\ntask: t\n").Recipe!;
        using (var task = TextClassifier.Build(recipe, files, ["0", "1"], CPU))
        {
            var parts = Data.Uci(samples, 1);
            object[] Encode(Example[] part) => [.. part.Select(e => new { ids = task.Encode(e).Ids, label = int.Parse(e.Label) })];
            File.WriteAllText(path, JsonSerializer.Serialize(new { train = Encode(parts.Train), validation = Encode(parts.Validation), test = Encode(parts.Test) }));
        }
        return 0;
    case ["train", var data, var file, var seeds, .. var more]:
        Train(data, File.ReadAllText(file) + (more is [var precision, ..] ? $"\nprecision: {precision}" : ""), seeds.Split(',').Select(int.Parse).ToArray());
        return 0;
    case ["bleu", var found, var wanted]:
        var (score, lines) = (Bleu.Of(File.ReadAllLines(found), [File.ReadAllLines(wanted)]).Score, File.ReadAllLines(found));
        Console.WriteLine($"BLEU {score:F2} of {lines.Length} lines");
        return 0;
    case ["pii", .. var text]:
        PiiSpeed.Run(Environment.CurrentDirectory, text is [var only] ? only : null);
        return 0;
    case ["audit", var folder]:
        AuditSpeed.Run(folder);
        return 0;
    case ["audit", var folder, var records]:
        await AuditSpeed.WriteAsync(folder, long.Parse(records));
        return 0;
    case ["tagger", var output]:
        Appliance.Bench.Tagging.TrainTagger.Run(Environment.CurrentDirectory, output);
        return 0;
    case ["clusters", var corpus, var output]:
        Appliance.Bench.Tagging.WordClusters.Run(corpus, output);
        return 0;
    default:
        Console.Error.WriteLine("bench train uci|letters|letters-raw RECIPE SEED,SEED... [fp32|bf16] | bench tokens FILE");
        return 2;
}

void Train(string data, string yaml, int[] seeds)
{
    var (accuracies, speeds, seconds) = (new List<double>(), new List<double>(), new List<double>());
    foreach (var seed in seeds)
    {
        var lines = yaml.Split('\n').Where(l => !l.StartsWith("seed:", StringComparison.Ordinal)).ToList();
        // The last precision given wins.
        var wanted = lines.FindLastIndex(l => l.StartsWith("precision:", StringComparison.Ordinal));
        lines = [.. lines.Where((l, k) => !l.StartsWith("precision:", StringComparison.Ordinal) || k == wanted)];
        var (recipe, errors) = RecipeReader.Read(string.Join('\n', lines) + $"\nseed: {seed}\n");
        if (recipe is null)
        {
            throw new InvalidDataException(string.Join("; ", errors));
        }
        // letters@7 is the letters on the split of seed 7; without a number, on the product's own split.
        var (name, split) = data.Split('@') is [var n, var s] ? (n, int.Parse(s)) : (data, 2026);
        var parts = name == "uci" ? Data.Uci(samples, seed) : Data.Letters(samples, split, name == "letters");
        random.manual_seed(seed);
        using var task = TextClassifier.Build(recipe, files, parts.Labels, CPU);
        var quiet = new Quiet();
        using var trainer = new Trainer(recipe, task, quiet, TimeProvider.System);
        var result = trainer.Run([.. parts.Train.Select(task.Encode)], [.. parts.Validation.Select(task.Encode)], null, CancellationToken.None);
        var truth = parts.Test.Select(e => (long)Array.IndexOf(parts.Labels, e.Label)).ToArray();
        accuracies.Add(ClassificationReport.Of(truth, Evaluator.Predict(task, parts.Test), parts.Labels.Length).Accuracy);
        speeds.Add(quiet.Last!.ExamplesPerSecond);
        seconds.Add(result.Seconds);
    }
    var mean = accuracies.Average();
    var spread = Math.Sqrt(accuracies.Sum(a => (a - mean) * (a - mean)) / Math.Max(1, accuracies.Count - 1));
    Console.WriteLine(
        $"{data} seeds {string.Join(',', seeds)}: accuracy {mean:F4} ± {spread:F4} (each {string.Join(' ', accuracies.Select(a => a.ToString("F4")))}), " +
        $"{speeds.Average():F0} examples/s, {seconds.Average():F1} s a run");
}

internal sealed class Quiet : ITrainingObserver
{
    internal TrainingProgress? Last { get; private set; }

    public void Report(TrainingProgress progress) => Last = progress;

    public void SaveCheckpoint(ICheckpoint state)
    {
    }
}
