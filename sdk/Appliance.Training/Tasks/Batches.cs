using Appliance.Models.Families;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>Items as the tensors that a model reads.</summary>
/// <remarks>b = batch, t = tokens of the longest item.</remarks>
internal static class Batches
{
    /// <summary>Token ids, filled up to the longest; no mask where there is nothing to hide.</summary>
    internal static ModelInput Texts(Model model, IReadOnlyList<Item> batch, Device device)
    {
        var (b, t) = (batch.Count, Math.Max(1, batch.Max(i => i.Ids.Length)));
        var (ids, mask, segments, texts, places) = (new long[b * t], new long[b * t], new long[b * t], new long[b * t], new long[b * t]);
        Array.Fill(ids, Padding(model));
        var (padded, packed) = (false, batch.Any(i => i.Texts is not null));
        for (var r = 0; r < b; r++)
        {
            var item = batch[r];
            padded |= item.Ids.Length < t;
            for (var k = 0; k < item.Ids.Length; k++)
            {
                var at = (r * t) + k;
                (ids[at], mask[at], segments[at], texts[at]) = (item.Ids[k], 1, item.Segments?[k] ?? 0, item.Texts?[k] ?? 0);
                places[at] = k > 0 && texts[at] == texts[at - 1] ? places[at - 1] + 1 : 0; // positions begin anew with each text
            }
        }
        var segmented = batch.Any(i => i.Segments is not null) && model.Config.Int("type_vocab_size", 0, min: 0) > 1;
        return new ModelInput
        {
            InputIds = tensor(ids, [b, t], device: device),
            AttentionMask = padded ? tensor(mask, [b, t], device: device) : null,
            TokenTypeIds = segmented ? tensor(segments, [b, t], device: device) : null,
            Texts = packed ? tensor(texts, [b, t], device: device) : null,
            PositionIds = packed ? tensor(places, [b, t], device: device) : null,
        };
    }

    /// <summary>[b, channels, height, width].</summary>
    internal static Tensor Images(IReadOnlyList<float[]> pixels, (int Channels, int Height, int Width) size, Device device) =>
        tensor(pixels.SelectMany(p => p).ToArray(), [pixels.Count, size.Channels, size.Height, size.Width], device: device);

    /// <summary>[b, t] one label a token, <see cref="Item.Ignored"/> behind the last.</summary>
    internal static Tensor TokenLabels(IReadOnlyList<Item> batch, Device device)
    {
        var (b, t) = (batch.Count, Math.Max(1, batch.Max(i => i.Ids.Length)));
        var labels = new long[b * t];
        Array.Fill(labels, Item.Ignored);
        for (var r = 0; r < b; r++)
        {
            batch[r].Labels?.CopyTo(labels.AsSpan(r * t));
        }
        return tensor(labels, [b, t], device: device);
    }

    internal static Tensor Labels(IReadOnlyList<Item> batch, Device device) => tensor([.. batch.Select(i => i.Label)], device: device);

    private static long Padding(Model model) => model.Config.Int("pad_token_id", 0, min: -1) is > 0 and var id ? id : 0;
}
