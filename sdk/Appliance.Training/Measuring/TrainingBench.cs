using System.Globalization;
using Appliance.Sdk.Recipes;
using Appliance.Training.Data;
using Appliance.Training.Distributed;
using Appliance.Training.Tasks;
using static TorchSharp.torch;

namespace Appliance.Training.Measuring;

/// <summary>What one run without the service gave.</summary>
/// <param name="TestMetrics">By name: accuracy and macro_f1, f1, or exact_match and f1.</param>
/// <param name="PeakRssBytes">The most memory that the process held.</param>
public sealed record TrainingBenchResult(
    double ExamplesPerSecond, double Seconds, IReadOnlyDictionary<string, double> TestMetrics, long PeakRssBytes, int Threads, string Precision,
    long LearntParameters, long Steps, IReadOnlyList<string> Verdict, double? Epsilon);

/// <summary>Trains on a folder of data and tests, without the service: for figures and for tests.</summary>
public static class TrainingBench
{
    /// <param name="recipe">Its base_model is a folder.</param>
    /// <param name="checkpoints">Where to keep checkpoints and go on from; null for none.</param>
    /// <param name="save">Folder for the trained model; null for none.</param>
    /// <param name="exchange">The other processes; null for this one alone.</param>
    /// <exception cref="InvalidDataException">Base and data do not fit each other.</exception>
    public static TrainingBenchResult Run(
        Recipe recipe, string data, int threads, string? checkpoints, string? save, Action<TrainingProgress> report, CancellationToken cancellationToken,
        IGradientExchange? exchange = null)
    {
        using var prepared = Prepare(recipe, data, threads);
        var files = checkpoints is null ? null : new CheckpointFiles(checkpoints, keep: 2);
        var observer = new FileObserver(files, report);
        using var trainer = new Trainer(recipe, prepared.Task, observer, TimeProvider.System, exchange);
        using var kept = exchange is null ? files?.Newest() : files?.NewestOf(exchange);
        var result = trainer.Run(prepared.Train, prepared.Validation, kept, cancellationToken);
        var learnt = prepared.Task.Module.named_parameters().Where(p => p.parameter.requires_grad).Sum(p => p.parameter.numel());
        var scores = prepared.Task.Evaluate(prepared.Test);
        if (save is not null)
        {
            (prepared.Task as ModelTask)?.SaveTo(save);
            foreach (var file in Directory.GetFiles(recipe.BaseModel).Where(f => !File.Exists(Path.Combine(save, Path.GetFileName(f))) && !f.Contains("model", StringComparison.Ordinal)))
            {
                File.Copy(file, Path.Combine(save, Path.GetFileName(file))); // tokenizer, template, licence
            }
        }
        return new TrainingBenchResult(
            result.ExamplesPerSecond, result.Seconds, scores.Metrics, PeakBytes(), get_num_threads(), prepared.Task.Precision, learnt, result.Steps,
            result.Verdict, result.Epsilon);
    }

    /// <summary>Trains and gives the best validation's metric; the test part stays unseen.</summary>
    public static double Validate(Recipe recipe, string data, int threads, CancellationToken cancellationToken)
    {
        using var prepared = Prepare(recipe, data, threads);
        using var trainer = new Trainer(recipe, prepared.Task, new FileObserver(null, _ => { }), TimeProvider.System);
        return trainer.Run(prepared.Train, prepared.Validation, null, cancellationToken).BestMetric;
    }

    private static PreparedTask Prepare(Recipe recipe, string data, int threads)
    {
        set_num_threads(threads);
        random.manual_seed(recipe.Seed);
        return TaskBuilder.Build(recipe, data, CPU);
    }

    // VmHWM of the process, in kB; 0 where the system does not say
    private static long PeakBytes() => File.Exists("/proc/self/status")
        ? File.ReadLines("/proc/self/status").Where(l => l.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Select(l => long.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024).FirstOrDefault()
        : 0;
}
