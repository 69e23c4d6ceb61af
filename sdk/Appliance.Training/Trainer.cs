using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Torch.Beyond;
using Appliance.Training.Evaluation;
using Appliance.Training.Methods;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training;

/// <summary>The one training loop: every method and task runs through it, from top to bottom.</summary>
/// <remarks>A run depends on its recipe, data and thread count only; it resumes from a checkpoint with the same bits.</remarks>
public sealed class Trainer(Recipe recipe, ITrainableTask task, ITrainingObserver observer, TimeProvider clock) : IDisposable
{
    private const int StepsPerCheckpoint = 500;
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(250);
    private readonly Dictionary<string, Tensor> _best = [];
    private readonly long _started = clock.GetTimestamp();
    private long _reported;
    private long _examplesSeen;

    /// <param name="train">What to learn from; at least one example of two classes.</param>
    /// <param name="validation">What decides on the best checkpoint and on stopping early.</param>
    /// <param name="checkpoint">Where to go on from, or null to begin.</param>
    /// <exception cref="InvalidDataException">The data cannot train this task; the message says why.</exception>
    /// <exception cref="OperationCanceledException">The run was told to stop; the last checkpoint stays good.</exception>
    public TrainingResult Run(
        IReadOnlyList<Example> train, IReadOnlyList<Example> validation, ReadOnlyMemory<byte>? checkpoint,
        CancellationToken cancellationToken)
    {
        // 1 Look at the data before anything is computed.
        Check(train, validation);

        // 2 Mark what to learn; texts become token ids, or features where the base never changes.
        var method = TrainingMethods.Of(recipe.Method);
        method.Prepare(task, recipe);
        var (items, held) = (TrainingSet.Encode(task, train), TrainingSet.Encode(task, validation));
        if (method.FreezesBase)
        {
            (items, held) = (TrainingSet.WithFeatures(task, items), TrainingSet.WithFeatures(task, held));
        }

        // 3 Begin, or take up the weights, moments, generator and place of a checkpoint.
        using var optimizer = new AdamW(Groups());
        var counters = new RunCounters(0, 0, 0, null, 0, 0, null, null);
        if (checkpoint is { } state)
        {
            counters = RunState.Read(state, task.Module, optimizer, _best);
        }

        // 4 Learn, evaluate after each epoch, keep the best, stop when it gets no better.
        var batches = (items.Count + recipe.BatchSize - 1) / recipe.BatchSize;
        while (counters.Epoch < recipe.Epochs && !OutOfPatience(counters))
        {
            counters = LearnEpoch(items, batches, optimizer, counters, cancellationToken);
            counters = Evaluate(held, counters, (long)batches * recipe.Epochs);
            observer.SaveCheckpoint(RunState.Write(task.Module, optimizer, _best, counters));
        }

        // 5 The best weights are the result.
        TakeBest();
        method.Finish(task);
        items.ForEach(i => i.Features?.Dispose());
        held.ForEach(i => i.Features?.Dispose());
        return new TrainingResult(
            counters.Step, counters.BestEpoch, counters.BestMetric ?? 0, counters.Epoch < recipe.Epochs,
            clock.GetElapsedTime(_started).TotalSeconds);
    }

    public void Dispose()
    {
        foreach (var tensor in _best.Values)
        {
            tensor.Dispose();
        }
    }

    private RunCounters LearnEpoch(
        List<Item> items, int batches, AdamW optimizer, RunCounters counters, CancellationToken cancellationToken)
    {
        // The order depends on seed and epoch alone, so a resumed run meets the same batches.
        var order = Enumerable.Range(0, items.Count).ToArray();
        new Random(HashCode(recipe.Seed, counters.Epoch)).Shuffle(order);
        var total = (long)batches * recipe.Epochs;
        task.Module.train();
        for (var k = counters.BatchInEpoch; k < batches; k++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var chosen = order.Skip(k * recipe.BatchSize).Take(recipe.BatchSize).Select(i => items[i]).ToArray();
            var rate = Schedule.Rate(counters.Step, total, recipe.LearningRate, recipe.WarmupRatio);
            var loss = Step(chosen, optimizer, rate);
            counters = counters with { Step = counters.Step + 1, BatchInEpoch = k + 1 };
            Report(counters, total, loss, rate, force: false);
            if (counters.Step % StepsPerCheckpoint == 0)
            {
                observer.SaveCheckpoint(RunState.Write(task.Module, optimizer, _best, counters));
            }
        }
        return counters with { Epoch = counters.Epoch + 1, BatchInEpoch = 0 };
    }

    private double Step(Item[] batch, AdamW optimizer, double rate)
    {
        using var scope = NewDisposeScope(); // frees the temporaries of this batch
        var logits = TrainingSet.Logits(task, batch); // [b, c]
        var labels = tensor([.. batch.Select(i => i.Label)], device: logits.device); // [b]
        var loss = nn.functional.cross_entropy(logits, labels, label_smoothing: recipe.LabelSmoothing);
        loss.backward();
        optimizer.Step(rate, recipe.GradientNormMax);
        _examplesSeen += batch.Length;
        var value = loss.item<float>();
        return double.IsFinite(value)
            ? value
            : throw new InvalidDataException("The loss is not a number any more. Lower learning_rate, or raise warmup_ratio.");
    }

    private RunCounters Evaluate(List<Item> held, RunCounters counters, long total)
    {
        var (predicted, loss) = Evaluator.Score(task, held);
        var report = ClassificationReport.Of([.. held.Select(i => i.Label)], predicted, task.Labels.Count);
        var metric = recipe.BestMetric == "accuracy" ? report.Accuracy : report.MacroF1;
        var better = counters.BestMetric is not { } best || metric > best + recipe.Threshold;
        if (better)
        {
            KeepBest();
        }
        counters = counters with
        {
            ValidationLoss = loss,
            ValidationMetric = metric,
            BestMetric = better ? metric : counters.BestMetric,
            BestEpoch = better ? counters.Epoch : counters.BestEpoch,
            BadEvaluations = better ? 0 : counters.BadEvaluations + 1,
        };
        Report(counters, total, loss, 0, force: true);
        return counters;
    }

    private bool OutOfPatience(RunCounters counters) => recipe.Patience > 0 && counters.BadEvaluations >= recipe.Patience;

    private void KeepBest()
    {
        using var _ = no_grad();
        foreach (var (name, tensor) in RunState.Learnt(task.Module))
        {
            if (_best.TryGetValue(name, out var kept))
            {
                kept.copy_(tensor);
            }
            else
            {
                _best[name] = tensor.detach().clone().DetachFromDisposeScope();
            }
        }
    }

    private void TakeBest()
    {
        using var _ = no_grad();
        foreach (var (name, tensor) in RunState.Learnt(task.Module))
        {
            if (_best.TryGetValue(name, out var kept))
            {
                tensor.copy_(kept);
            }
        }
    }

    private ParameterGroup[] Groups()
    {
        var learnt = task.Module.named_parameters().Where(p => p.parameter.requires_grad).ToLookup(p => Decays(p.name));
        return [new ParameterGroup([.. learnt[true]], recipe.WeightDecay), new ParameterGroup([.. learnt[false]], 0)];
    }

    private static bool Decays(string name) =>
        !name.EndsWith(".bias", StringComparison.Ordinal) && !name.Contains("_ln.", StringComparison.Ordinal);

    private void Report(RunCounters counters, long total, double loss, double rate, bool force)
    {
        if (!force && clock.GetElapsedTime(_reported) < ReportInterval && _reported != 0)
        {
            return;
        }
        _reported = clock.GetTimestamp();
        var seconds = clock.GetElapsedTime(_started).TotalSeconds;
        var speed = _examplesSeen / Math.Max(seconds, 1e-3);
        observer.Report(new TrainingProgress(
            counters.Step, total, Math.Min(recipe.Epochs, counters.Epoch + (force ? 0 : 1)), loss, rate, speed,
            counters.ValidationLoss, counters.ValidationMetric,
            (total - counters.Step) * recipe.BatchSize / Math.Max(speed, 1e-3)));
    }

    private static void Check(IReadOnlyList<Example> train, IReadOnlyList<Example> validation)
    {
        if (train.Count == 0 || validation.Count == 0)
        {
            throw new InvalidDataException("The dataset has no training or no validation examples. Import more rows.");
        }
        if (train.Select(e => e.Label).Distinct().Count() < 2)
        {
            throw new InvalidDataException("All training examples have the same label. Import rows of at least two classes.");
        }
    }

    private static int HashCode(int seed, int epoch) => unchecked((seed * 1_000_003) + epoch);
}
