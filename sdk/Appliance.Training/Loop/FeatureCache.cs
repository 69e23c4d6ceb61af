using Appliance.Training.Methods;
using static TorchSharp.torch;

namespace Appliance.Training;

/// <summary>What a frozen base says of each example, computed once and kept in memory.</summary>
internal sealed class FeatureCache : IDisposable
{
    private const int BatchSize = 64;
    private readonly IFeatureTask? _task;
    private readonly List<Tensor> _kept = [];

    private FeatureCache(IFeatureTask? task) => _task = task;

    /// <returns>A cache that passes examples through where the method changes the base.</returns>
    /// <exception cref="InvalidDataException">The task has no features that could be kept.</exception>
    internal static FeatureCache For(ITrainingMethod method, ITrainableTask task) => !method.FreezesBase
        ? new FeatureCache(null)
        : new FeatureCache(task as IFeatureTask ?? throw new InvalidDataException("method: head needs a task that classifies from one vector; use freeze or lora for this one."));

    internal IReadOnlyList<Item> Of(IReadOnlyList<Item> items)
    {
        if (_task is null)
        {
            return items;
        }
        using var _ = no_grad();
        _task.Module.eval();
        var done = new Item[items.Count];
        // Like lengths together: the attention of a batch is as wide as its longest text.
        foreach (var chunk in Enumerable.Range(0, items.Count).OrderBy(k => items[k].Ids.Length).Chunk(BatchSize))
        {
            using var scope = NewDisposeScope();
            var features = _task.Features([.. chunk.Select(k => items[k])]); // [b, h]
            for (var row = 0; row < chunk.Length; row++)
            {
                var own = features.narrow(0, row, 1).clone().DetachFromDisposeScope();
                _kept.Add(own);
                done[chunk[row]] = items[chunk[row]] with { Features = own };
            }
        }
        return done;
    }

    public void Dispose() => _kept.ForEach(t => t.Dispose());
}
