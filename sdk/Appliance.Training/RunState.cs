using System.Globalization;
using System.Text.Json;
using Appliance.Models.Checkpoints;
using Appliance.Torch.Beyond;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training;

/// <summary>The numbers of a run that a checkpoint carries beside its tensors.</summary>
internal sealed record RunCounters(
    int Epoch, int BatchInEpoch, long Step, double? BestMetric, int BestEpoch, int BadEvaluations,
    double? ValidationLoss, double? ValidationMetric);

/// <summary>Writes and reads the state of a run: weights, moments, the best weights, the random generator, counters.</summary>
internal static class RunState
{
    private const string CountersKey = "counters";
    private const string StepsKey = "optimizer_steps";

    internal static byte[] Write(
        nn.Module module, AdamW optimizer, IReadOnlyDictionary<string, Tensor> best, RunCounters counters)
    {
        using var scope = NewDisposeScope();
        var tensors = Learnt(module).ToDictionary(p => "model." + p.Name, p => p.Tensor);
        foreach (var (name, tensor) in optimizer.State())
        {
            tensors["optimizer." + name] = tensor;
        }
        foreach (var (name, tensor) in best)
        {
            tensors["best." + name] = tensor;
        }
        tensors["rng"] = torch.random.get_rng_state();
        using var stream = new MemoryStream();
        SafeTensors.Write(stream, tensors, new Dictionary<string, string>
        {
            [CountersKey] = JsonSerializer.Serialize(counters),
            [StepsKey] = optimizer.Steps.ToString(CultureInfo.InvariantCulture),
        });
        return stream.ToArray();
    }

    /// <exception cref="SafeTensorsException">The checkpoint does not belong to this run.</exception>
    internal static RunCounters Read(
        ReadOnlyMemory<byte> state, nn.Module module, AdamW optimizer, Dictionary<string, Tensor> best)
    {
        using var file = SafeTensors.Parse(state);
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        if (!file.Metadata.TryGetValue(CountersKey, out var json) || !file.Metadata.TryGetValue(StepsKey, out var steps))
        {
            throw new SafeTensorsException("it is not a training checkpoint");
        }
        var read = file.Tensors.ToDictionary(t => t.Name, t => file.Read(t.Name));
        foreach (var (name, target) in Learnt(module))
        {
            target.copy_(read["model." + name]);
        }
        optimizer.Restore(long.Parse(steps, CultureInfo.InvariantCulture), Below(read, "optimizer."));
        foreach (var (name, tensor) in Below(read, "best."))
        {
            best[name] = tensor.DetachFromDisposeScope();
        }
        torch.random.set_rng_state(read["rng"]);
        return JsonSerializer.Deserialize<RunCounters>(json)!;
    }

    /// <summary>The weights that the run moves; frozen ones come back from the base model.</summary>
    internal static IEnumerable<(string Name, Tensor Tensor)> Learnt(nn.Module module) =>
        module.named_parameters().Where(p => p.parameter.requires_grad).Select(p => (p.name, (Tensor)p.parameter));

    private static Dictionary<string, Tensor> Below(Dictionary<string, Tensor> tensors, string prefix) => tensors
        .Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal))
        .ToDictionary(t => t.Key[prefix.Length..], t => t.Value);
}
