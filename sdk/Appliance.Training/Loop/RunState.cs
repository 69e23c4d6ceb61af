using System.Globalization;
using System.Text.Json;
using Appliance.Models.Checkpoints;
using Appliance.Torch.Beyond;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training;

/// <summary>The numbers of a run that a checkpoint carries beside its tensors.</summary>
internal sealed record RunCounters
{
    public int Epoch { get; init; }

    public int Batch { get; init; }

    public long Step { get; init; }

    public double? BestMetric { get; init; }

    public int BestEpoch { get; init; }

    public int BadEvaluations { get; init; }

    public double? ValidationLoss { get; init; }

    public double? ValidationMetric { get; init; }

    /// <summary>Losses since the last evaluation: sum and count.</summary>
    public double LossSum { get; init; }

    public int LossCount { get; init; }

    /// <summary>Mean loss of the first steps: what later ones are compared with.</summary>
    public double FirstLoss { get; init; }

    /// <summary>Steps whose loss was more than three times the mean.</summary>
    public int Jumps { get; init; }

    /// <summary>How well old examples were answered before the first step; null without any.</summary>
    public double? OldBefore { get; init; }

    public IReadOnlyList<EvaluationPoint> Evaluations { get; init; } = [];
}

/// <summary>Everything that a run needs to go on, taken at one moment: weights, moments, best weights, generator, counters.</summary>
internal sealed class RunState : ICheckpoint, IDisposable
{
    private const string CountersKey = "counters";
    private const string StepsKey = "optimizer_steps";
    private readonly Dictionary<string, Tensor> _tensors;
    private readonly Dictionary<string, string> _numbers;

    private RunState(Dictionary<string, Tensor> tensors, Dictionary<string, string> numbers) => (_tensors, _numbers) = (tensors, numbers);

    /// <summary>Copies what moves; the run may go on while the copy is written.</summary>
    internal static RunState Snapshot(
        IReadOnlyDictionary<string, Tensor> moving, IOptimizer optimizer, IReadOnlyDictionary<string, Tensor> best, RunCounters counters)
    {
        using var _ = no_grad();
        var all = moving.Select(t => ("model." + t.Key, t.Value))
            .Concat(optimizer.State().Select(t => ("optimizer." + t.Name, t.Tensor)))
            .Concat(best.Select(t => ("best." + t.Key, t.Value)));
        var tensors = all.ToDictionary(t => t.Item1, t => t.Item2.detach().clone().DetachFromDisposeScope());
        tensors["rng"] = torch.random.get_rng_state().DetachFromDisposeScope();
        return new RunState(tensors, new Dictionary<string, string>
        {
            [CountersKey] = JsonSerializer.Serialize(counters),
            [StepsKey] = optimizer.Steps.ToString(CultureInfo.InvariantCulture),
        });
    }

    public void WriteTo(Stream stream) => SafeTensors.Write(stream, _tensors, _numbers);

    /// <summary>The step that a checkpoint was made after; −1 where the file is none.</summary>
    internal static long StepOf(SafeTensors file) =>
        file.Metadata.TryGetValue(CountersKey, out var json) ? JsonSerializer.Deserialize<RunCounters>(json)!.Step : -1; // written by Snapshot

    /// <exception cref="SafeTensorsException">The checkpoint does not belong to this run.</exception>
    internal static RunCounters Read(
        SafeTensors file, IReadOnlyDictionary<string, Tensor> moving, IOptimizer optimizer, Dictionary<string, Tensor> best)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        if (!file.Metadata.TryGetValue(CountersKey, out var json) || !file.Metadata.TryGetValue(StepsKey, out var steps))
        {
            throw new SafeTensorsException("it is not a training checkpoint");
        }
        var read = file.Tensors.ToDictionary(t => t.Name, t => file.Read(t.Name));
        foreach (var (name, target) in moving)
        {
            if (!read.TryGetValue("model." + name, out var value) || !value.shape.SequenceEqual(target.shape))
            {
                throw new SafeTensorsException($"it does not fit this run: {name} is missing or of another size; the recipe or the base model changed");
            }
            target.copy_(value);
        }
        optimizer.Restore(long.Parse(steps, CultureInfo.InvariantCulture), Below(read, "optimizer."));
        foreach (var (name, tensor) in Below(read, "best."))
        {
            best[name] = tensor.DetachFromDisposeScope();
        }
        torch.random.set_rng_state(read["rng"]);
        return JsonSerializer.Deserialize<RunCounters>(json)!; // written by Snapshot
    }

    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
        {
            tensor.Dispose();
        }
    }

    private static Dictionary<string, Tensor> Below(Dictionary<string, Tensor> tensors, string prefix) => tensors
        .Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal))
        .ToDictionary(t => t.Key[prefix.Length..], t => t.Value);
}
