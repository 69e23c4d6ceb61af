using Appliance.Models.Checkpoints;
using Appliance.Sdk.Recipes;
using Appliance.Torch.Beyond;
using Appliance.Training.Distributed;
using Appliance.Training.Methods;
using Appliance.Training.Privacy;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Training;

/// <summary>The one training loop: every method, stage and task runs through it, from top to bottom.</summary>
/// <remarks>A run depends on its recipe, data and thread count only; it resumes from a checkpoint with the same bits.</remarks>
/// <param name="exchange">The other processes that learn the same model; null for this one alone.</param>
public sealed class Trainer(Recipe recipe, ITrainableTask task, ITrainingObserver observer, TimeProvider clock, IGradientExchange? exchange = null)
    : IDisposable
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(250);
    private readonly Dictionary<string, Tensor> _best = [];
    private readonly ITrainingMethod _method = TrainingMethods.Of(recipe.Method);
    private readonly CheckpointWriter _checkpoints = new(observer);
    private readonly long _started = clock.GetTimestamp();
    private Dictionary<string, Tensor> _moving = []; // what a run changes: the learnt parameters and the buffers
    private PrivacyLedger? _privacy;
    private EwcGuard? _guard;
    private double _sampledRate; // chance of an example to be in a batch
    private long _reported;
    private long _examplesSeen;

    /// <param name="train">What to learn from.</param>
    /// <param name="held">What decides on the best checkpoint and on stopping early.</param>
    /// <param name="checkpoint">Where to go on from, or null to begin.</param>
    /// <param name="old">Examples of what the base knew, for replay, EWC and the verdict on forgetting; may be empty.</param>
    /// <exception cref="InvalidDataException">The data cannot train this task, or the loss broke; the message says why and what to do.</exception>
    /// <exception cref="OperationCanceledException">The run was told to stop; the last checkpoint stays good.</exception>
    public TrainingResult Run(
        IReadOnlyList<Item> train, IReadOnlyList<Item> held, SafeTensors? checkpoint, CancellationToken cancellationToken,
        IReadOnlyList<Item>? old = null)
    {
        // 1 Mark what to learn; where the base never changes, ask it once.
        old ??= [];
        DataCheck.Require(train, held);
        _method.Prepare(task, recipe);
        task.Begin(train, held);
        var learnt = task.Module.named_parameters().Where(p => p.parameter.requires_grad).ToArray();
        _moving = learnt.Select(p => (p.name, (Tensor)p.parameter)).Concat(task.Module.named_buffers()).ToDictionary(t => t.Item1, t => t.Item2);
        using var features = FeatureCache.For(_method, task);
        (train, held) = (features.Of(train), features.Of(held));

        // 2 Two batches go through training and evaluation, so that what cannot work fails now and not in an hour.
        DryRun.Try(recipe, task, train, held, _moving);

        // 3 Begin, or take up weights, moments, generator and place of a checkpoint.
        var layers = new Layers(task);
        using var optimizer = Optimizer(layers.Groups(learnt, task.Module, recipe.WeightDecay, recipe.LayerwiseDecay));
        _privacy = recipe.Privacy is { } privacy ? new PrivacyLedger(privacy) : null;
        var sampler = new Sampler(recipe, train, old, exchange?.Rank ?? 0, exchange?.Size ?? 1);
        _sampledRate = sampler.Rate;
        var counters = checkpoint is { } state
            ? RunState.Read(state, _moving, optimizer, _best)
            : new RunCounters { OldBefore = old.Count > 0 ? task.Evaluate(old).Of(recipe.BestMetric) : null };
        _guard = recipe.Forgetting == ForgettingGuard.Ewc ? new EwcGuard(recipe, task, learnt, old) : null;

        // 4 Learn, evaluate, keep the best; stop when it gets no better or the privacy is spent.
        var total = recipe.StepsMax > 0 ? recipe.StepsMax : (long)StepsPerEpoch(sampler) * recipe.Epochs;
        var schedule = Schedule.Of(recipe, total);
        while (counters.Step < total && !OutOfPatience(counters) && !PrivacySpent(sampler, counters.Step))
        {
            Unfreeze(layers, learnt, counters.Epoch);
            counters = LearnEpoch(sampler, held, optimizer, schedule, counters, cancellationToken);
        }

        // 5 The best weights are the result; the curves are put into words.
        if (recipe.LoadBest)
        {
            Copy(_best, _moving);
        }
        _checkpoints.Finish();
        _method.Finish(task);
        var oldAfter = old.Count > 0 ? task.Evaluate(old).Of(recipe.BestMetric) : (double?)null;
        var classes = train.Select(i => i.Label).Distinct().Count() is var n && task is IFeatureTask ? n : 0;
        var seconds = clock.GetElapsedTime(_started).TotalSeconds;
        return new TrainingResult(
            counters.Step, counters.BestEpoch, counters.BestMetric ?? 0, counters.Step < total, seconds, _examplesSeen / Math.Max(seconds, 1e-3),
            Verdict.Of(counters, train.Count, classes, oldAfter), counters.Evaluations, _privacy?.Spent(sampler.Rate, counters.Step));
    }

    public void Dispose()
    {
        _checkpoints.Dispose();
        _guard?.Dispose();
        foreach (var tensor in _best.Values)
        {
            tensor.Dispose();
        }
    }

    private RunCounters LearnEpoch(
        Sampler sampler, IReadOnlyList<Item> held, IOptimizer optimizer, Schedule schedule, RunCounters counters, CancellationToken cancellationToken)
    {
        var batches = sampler.Epoch(counters.Epoch);
        task.Module.train();
        while (counters.Batch < batches.Count && counters.Step < schedule.TotalSteps && !PrivacySpent(sampler, counters.Step))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var group = batches.Skip(counters.Batch).Take(recipe.AccumulationSteps).ToArray();
            counters = Learn(group, optimizer, schedule, counters);
            var ended = counters.Batch >= batches.Count || counters.Step >= schedule.TotalSteps;
            if (recipe.EvaluationSteps > 0 ? counters.Step % recipe.EvaluationSteps == 0 || counters.Step == schedule.TotalSteps : ended)
            {
                counters = Evaluate(held, ended ? counters with { Epoch = counters.Epoch + 1, Batch = 0 } : counters, schedule.TotalSteps);
                _checkpoints.Write(RunState.Snapshot(_moving, optimizer, _best, counters));
                if (ended || OutOfPatience(counters))
                {
                    return counters;
                }
                task.Module.train();
            }
            else if (counters.Step % recipe.SaveSteps == 0)
            {
                _checkpoints.Write(RunState.Snapshot(_moving, optimizer, _best, counters));
            }
        }
        return counters with { Epoch = counters.Epoch + 1, Batch = 0 };
    }

    private RunCounters Learn(Item[][] group, IOptimizer optimizer, Schedule schedule, RunCounters counters)
    {
        var rate = schedule.Rate(counters.Step);
        var loss = _privacy is null ? Gradients(group, counters.Step) : _privacy.Gradients(task, group[0], Chance(counters.Step, 0), _moving, recipe.BatchSize);
        _guard?.Pull();
        loss = exchange?.Sum(loss, _moving.Values.OfType<Parameter>()) ?? loss;
        var norm = optimizer.Step(rate, _privacy is null ? recipe.GradientNormMax : 0);
        LossCheck.Require(loss, norm, counters, rate);
        _examplesSeen += group.Sum(b => b.Length);
        counters = counters with
        {
            Step = counters.Step + 1,
            Batch = counters.Batch + group.Length,
            LossSum = counters.LossSum + loss,
            LossCount = counters.LossCount + 1,
            FirstLoss = counters.Step < LossCheck.FirstSteps ? ((counters.FirstLoss * counters.Step) + loss) / (counters.Step + 1) : counters.FirstLoss,
            Jumps = counters.Jumps + (LossCheck.Jumped(loss, counters) ? 1 : 0),
        };
        Report(counters, schedule.TotalSteps, loss, rate, norm);
        return counters;
    }

    // The gradients of several batches weigh as in one large batch: by examples or tokens that count.
    private double Gradients(Item[][] group, long step)
    {
        var units = Array.ConvertAll(group, b => b.Length == 0 ? 0 : task.Units(b));
        var all = exchange?.Sum(units.Sum()) ?? units.Sum();
        var sum = 0.0;
        for (var k = 0; k < group.Length; k++)
        {
            if (group[k].Length == 0)
            {
                continue; // a short batch has nothing for this process
            }
            using var scope = NewDisposeScope(); // frees the temporaries of this batch
            var loss = task.Loss(group[k], new BatchContext(Chance(step, k)));
            var share = units[k] / all;
            (share == 1 ? loss : loss * share).backward();
            task.AfterBackward();
            sum += loss.item<float>() * share;
        }
        return sum;
    }

    private RunCounters Evaluate(IReadOnlyList<Item> held, RunCounters counters, long total)
    {
        using var scope = NewDisposeScope();
        var scores = task.Evaluate(held);
        var metric = scores.Of(recipe.BestMetric);
        var better = counters.BestMetric is not { } best || metric > best + recipe.Threshold;
        if (better)
        {
            Copy(_moving, _best);
        }
        var trainLoss = counters.LossSum / Math.Max(1, counters.LossCount);
        counters = counters with
        {
            ValidationLoss = scores.Loss,
            ValidationMetric = metric,
            BestMetric = better ? metric : counters.BestMetric,
            BestEpoch = better ? counters.Epoch : counters.BestEpoch,
            BadEvaluations = better ? 0 : counters.BadEvaluations + 1,
            LossSum = 0,
            LossCount = 0,
            Evaluations = [.. counters.Evaluations, new EvaluationPoint(counters.Step, trainLoss, scores.Loss, metric)],
        };
        Report(counters, total, trainLoss, 0, 0, force: true);
        return counters;
    }

    // Gradual unfreezing (Howard and Ruder 2018): one more layer, from the last, every few epochs; all start as the method left them.
    private void Unfreeze(Layers layers, (string name, Parameter parameter)[] learnt, int epoch)
    {
        if (recipe.UnfreezeEpochs > 0)
        {
            foreach (var (name, parameter) in learnt)
            {
                parameter.requires_grad = layers.Of(name) > layers.Count - (epoch / recipe.UnfreezeEpochs);
            }
        }
    }

    private void Report(RunCounters counters, long total, double loss, double rate, double norm, bool force = false)
    {
        var due = recipe.LoggingSteps > 0 ? counters.Step % recipe.LoggingSteps == 0 : _reported == 0 || clock.GetElapsedTime(_reported) >= ReportInterval;
        if (!force && !due)
        {
            return;
        }
        _reported = clock.GetTimestamp();
        var seconds = Math.Max(clock.GetElapsedTime(_started).TotalSeconds, 1e-3);
        var speed = _examplesSeen / seconds;
        observer.Report(new TrainingProgress(
            counters.Step, total, counters.Epoch + (force ? 0 : 1), loss, rate, norm, speed, counters.ValidationLoss, counters.ValidationMetric,
            (total - counters.Step) * (double)recipe.BatchSize * recipe.AccumulationSteps / Math.Max(speed, 1e-3), _privacy?.Spent(_sampledRate, counters.Step)));
    }

    private IOptimizer Optimizer(IReadOnlyList<ParameterGroup> groups) =>
        recipe.Optimizer == OptimizerKind.Sgd ? new Sgd(groups, recipe.Momentum) : new AdamW(groups);

    private int StepsPerEpoch(Sampler sampler) => (sampler.BatchesPerEpoch + recipe.AccumulationSteps - 1) / recipe.AccumulationSteps;

    private bool OutOfPatience(RunCounters counters) => recipe.Patience > 0 && counters.BadEvaluations >= recipe.Patience;

    private bool PrivacySpent(Sampler sampler, long step) => _privacy is not null && _privacy.Spent(sampler.Rate, step + 1) > recipe.Privacy!.EpsilonMax; // there with a ledger

    private Random Chance(long step, int batch) => new(unchecked((int)((recipe.Seed * 2_654_435_761L) + (step * 40_503L) + batch)));

    private static void Copy(Dictionary<string, Tensor> from, Dictionary<string, Tensor> to)
    {
        using var _ = no_grad();
        foreach (var (name, tensor) in from)
        {
            if (to.TryGetValue(name, out var place))
            {
                place.copy_(tensor);
            }
            else
            {
                to[name] = tensor.detach().clone().DetachFromDisposeScope();
            }
        }
    }
}
