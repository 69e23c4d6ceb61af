using Appliance.Models.Families;
using Appliance.Sdk.Recipes;

namespace Appliance.Training.Tasks;

/// <summary>Changes a batch of texts a little before each step, so that a model learns what stays.</summary>
/// <remarks>First and last tokens stay where they are: special tokens stand there.</remarks>
internal static class TextAugmentation
{
    internal static IReadOnlyList<Item> Of(AugmentationOptions options, IReadOnlyList<Item> batch, Random chance, Model model)
    {
        if (options is { TokenDropout: 0, WordSwap: 0, MaskBackoff: 0 } || batch[0].Features is not null)
        {
            return batch;
        }
        var mask = options.MaskBackoff > 0 ? model.Config.Int("mask_token_id|unk_token_id", 0, min: 0) : 0;
        return [.. batch.Select(item => item with { Ids = Changed(options, item.Ids, chance, mask), Segments = null })];
    }

    private static int[] Changed(AugmentationOptions options, int[] ids, Random chance, int mask)
    {
        var inner = ids.Length > 2 ? ids[1..^1].ToList() : [];
        for (var k = 0; k + 1 < inner.Count; k++)
        {
            if (chance.NextDouble() < options.WordSwap)
            {
                (inner[k], inner[k + 1]) = (inner[k + 1], inner[k]);
                k++; // a token moves once
            }
        }
        // Back-off: rarer tokens, which stand later in a vocabulary sorted by frequency, are hidden first.
        var hidden = (int)Math.Round(inner.Count * options.MaskBackoff);
        foreach (var k in Enumerable.Range(0, inner.Count).OrderByDescending(k => inner[k] * chance.NextDouble()).Take(hidden).ToArray())
        {
            inner[k] = mask;
        }
        inner.RemoveAll(_ => chance.NextDouble() < options.TokenDropout);
        return ids.Length > 2 ? [ids[0], .. inner, ids[^1]] : ids;
    }
}
