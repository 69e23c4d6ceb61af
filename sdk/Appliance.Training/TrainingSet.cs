using Appliance.Sdk.Plugins;
using static TorchSharp.torch;

namespace Appliance.Training;

/// <summary>One example as the loop uses it: token ids, or the features of a frozen base, and the class's number.</summary>
internal sealed record Item(int[] Ids, long Label, Tensor? Features = null);

/// <summary>Turns examples into items once, before the first step.</summary>
internal static class TrainingSet
{
    private const int FeatureBatch = 64;

    /// <exception cref="InvalidDataException">A label is not among the task's labels.</exception>
    internal static List<Item> Encode(ITrainableTask task, IReadOnlyList<Example> examples)
    {
        var numbers = task.Labels.Select((name, k) => (name, k)).ToDictionary(l => l.name, l => (long)l.k);
        return [.. examples.Select((e, k) => numbers.TryGetValue(e.Label, out var label)
            ? new Item(task.Encode(e.Text), label)
            : throw new InvalidDataException(
                $"Example {k + 1} has a label that the model does not know; it knows: {string.Join(", ", task.Labels)}."))];
    }

    /// <summary>Computes the base's features of every item once; for methods that never change the base.</summary>
    internal static List<Item> WithFeatures(ITrainableTask task, List<Item> items)
    {
        using var _ = no_grad();
        task.Module.eval();
        var done = new Item[items.Count];
        // Like lengths together: the attention of a batch is as wide as its longest text.
        foreach (var chunk in Enumerable.Range(0, items.Count).OrderBy(k => items[k].Ids.Length).Chunk(FeatureBatch))
        {
            using var scope = NewDisposeScope();
            var features = task.Features([.. chunk.Select(k => items[k].Ids)]);
            for (var row = 0; row < chunk.Length; row++)
            {
                done[chunk[row]] = items[chunk[row]] with
                {
                    Features = features.narrow(0, row, 1).clone().DetachFromDisposeScope(),
                };
            }
        }
        return [.. done];
    }

    /// <summary>[b, c] of a batch, from cached features where there are any.</summary>
    internal static Tensor Logits(ITrainableTask task, IReadOnlyList<Item> batch) => task.Logits(
        batch[0].Features is null
            ? task.Features([.. batch.Select(i => i.Ids)])
            : cat([.. batch.Select(i => i.Features!)]));
}
