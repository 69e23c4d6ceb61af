using Appliance.Sdk.Plugins;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Evaluation;

/// <summary>Scores examples without learning from them.</summary>
public static class Evaluator
{
    private const int BatchSize = 64;

    /// <summary>The number of the most probable class of each example, in the examples' order.</summary>
    public static IReadOnlyList<long> Predict(ITrainableTask task, IReadOnlyList<Example> examples) =>
        Score(task, TrainingSet.Encode(task, examples)).Predicted;

    internal static (IReadOnlyList<long> Predicted, double Loss) Score(ITrainableTask task, IReadOnlyList<Item> items)
    {
        using var _ = no_grad();
        task.Module.eval();
        var predicted = new long[items.Count];
        var loss = 0.0;
        foreach (var chunk in Enumerable.Range(0, items.Count).OrderBy(k => items[k].Ids.Length).Chunk(BatchSize))
        {
            using var scope = NewDisposeScope();
            var logits = TrainingSet.Logits(task, [.. chunk.Select(k => items[k])]); // [b, c]
            var labels = tensor([.. chunk.Select(k => items[k].Label)], device: logits.device);
            loss += nn.functional.cross_entropy(logits, labels, reduction: nn.Reduction.Sum).item<float>();
            var best = logits.argmax(1).cpu().data<long>().ToArray();
            for (var row = 0; row < chunk.Length; row++)
            {
                predicted[chunk[row]] = best[row];
            }
        }
        return (predicted, loss / items.Count);
    }
}
