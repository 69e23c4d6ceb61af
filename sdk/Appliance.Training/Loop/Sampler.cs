using Appliance.Sdk.Recipes;

namespace Appliance.Training;

/// <summary>Decides which examples make which batch; the same for the same seed and epoch, so that a run can be taken up.</summary>
internal sealed class Sampler(Recipe recipe, IReadOnlyList<Item> items, IReadOnlyList<Item> old, int rank = 0, int size = 1)
{
    private const int BatchesSortedTogether = 50;

    /// <summary>Batches of one epoch, as every epoch has them.</summary>
    internal int BatchesPerEpoch { get; } = (items.Count + (recipe.BatchSize * size) - 1) / (recipe.BatchSize * size);

    /// <summary>The chance of each example to be in a batch: what differential privacy counts with.</summary>
    internal double Rate => Math.Min(1, recipe.BatchSize / (double)items.Count);

    /// <summary>The batches of an epoch, in order. Under differential privacy their sizes vary and may be 0.</summary>
    internal IReadOnlyList<Item[]> Epoch(int epoch)
    {
        var chance = new Random(unchecked((recipe.Seed * 1_000_003) + epoch));
        if (recipe.Privacy is not null)
        {
            return [.. Enumerable.Range(0, BatchesPerEpoch).Select(_ => items.Where(_ => chance.NextDouble() < Rate).ToArray())];
        }
        var order = Order(chance);
        // Every process makes the same plan and takes its part of each batch.
        var batches = order.Chunk(recipe.BatchSize * size).Select(b => b.Skip(rank * recipe.BatchSize).Take(recipe.BatchSize).Select(k => items[k]).ToArray());
        return recipe.Forgetting == ForgettingGuard.Replay && old.Count > 0 ? [.. batches.Select(b => WithOld(b, chance))] : [.. batches];
    }

    private int[] Order(Random chance)
    {
        if (recipe.BalancedSampling)
        {
            var byClass = Enumerable.Range(0, items.Count).GroupBy(k => items[k].Label).OrderBy(g => g.Key).Select(g => g.ToArray()).ToArray();
            return [.. items.Select(_ => byClass[chance.Next(byClass.Length)]).Select(c => c[chance.Next(c.Length)])];
        }
        var order = Enumerable.Range(0, items.Count).ToArray();
        if (recipe.Shuffle)
        {
            chance.Shuffle(order);
        }
        if (!recipe.GroupByLength)
        {
            return order;
        }
        // Sorted within large groups, then the batches shuffled: like lengths meet, and no epoch repeats another.
        var batches = order.Chunk(recipe.BatchSize * BatchesSortedTogether)
            .SelectMany(g => g.OrderByDescending(k => items[k].Ids.Length).ThenBy(k => k).Chunk(recipe.BatchSize)).ToArray();
        if (recipe.Shuffle)
        {
            chance.Shuffle(batches);
        }
        return [.. batches.OrderByDescending(b => b.Length == recipe.BatchSize).SelectMany(b => b)]; // the short one last
    }

    private Item[] WithOld(Item[] batch, Random chance)
    {
        var share = recipe.ForgettingStrength > 0 ? recipe.ForgettingStrength : 0.1;
        var count = Math.Max(1, (int)Math.Round(batch.Length * share));
        return [.. batch, .. Enumerable.Range(0, count).Select(_ => old[chance.Next(old.Count)])];
    }
}
