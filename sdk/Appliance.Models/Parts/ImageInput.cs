using Appliance.Models.Config;
using Appliance.Models.Families;
using static TorchSharp.torch;

namespace Appliance.Models.Parts;

/// <summary>Checks that pixels have the shape that a model was made for.</summary>
internal static class ImageInput
{
    /// <param name="size">Height and width; null where any will do.</param>
    /// <exception cref="ArgumentException">No pixels, or of another shape; the message says which is expected.</exception>
    internal static Tensor Of(ModelInput input, ModelConfig config, (int Height, int Width)? size = null, int? channels = null)
    {
        var (x, wanted) = (input.PixelValues, channels ?? config.Int("num_channels", 3));
        if (x is null || x.shape is not [_, var c, var h, var w] || c != wanted || (size is { } s && (h != s.Height || w != s.Width)))
        {
            var expected = size is { } z ? $"[b, {wanted}, {z.Height}, {z.Width}]" : $"[b, {wanted}, height, width]";
            throw new ArgumentException($"The model takes pixels of shape {expected}; found {(x is null ? "none" : $"[{string.Join(", ", x.shape)}]")}.");
        }
        return x;
    }
}
