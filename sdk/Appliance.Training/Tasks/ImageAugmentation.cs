using Appliance.Sdk.Recipes;

namespace Appliance.Training.Tasks;

/// <summary>Changes a batch of images a little before each step: mirror, shift, brightness, a blank square, a mixture of two.</summary>
/// <remarks>Sources: mixup, Zhang et al. (2017); cutout, DeVries and Taylor (2017).</remarks>
internal static class ImageAugmentation
{
    /// <returns>The pixels; with mixup each image's partner and the image's own share of its label.</returns>
    internal static (float[][] Pixels, int[]? Partner, double Share) Of(
        AugmentationOptions options, IReadOnlyList<Item> batch, (int Channels, int Height, int Width) size, Random chance)
    {
        var pixels = batch.Select(i => Changed(options, i.Pixels!, size, chance)).ToArray(); // images have pixels
        if (options.Mixup <= 0)
        {
            return (pixels, null, 1);
        }
        var share = Beta(options.Mixup, chance);
        var partner = Enumerable.Range(0, batch.Count).ToArray();
        chance.Shuffle(partner);
        return ([.. pixels.Select((p, k) => p.Zip(pixels[partner[k]], (a, b) => (float)((a * share) + (b * (1 - share)))).ToArray())], partner, share);
    }

    private static float[] Changed(AugmentationOptions options, float[] pixels, (int Channels, int Height, int Width) size, Random chance)
    {
        var flip = options.Flip && chance.Next(2) == 1;
        var (down, right) = (chance.Next(-options.Crop, options.Crop + 1), chance.Next(-options.Crop, options.Crop + 1));
        var (gain, lift) = (1 + (options.Color * ((2 * chance.NextDouble()) - 1)), options.Color * ((2 * chance.NextDouble()) - 1));
        var (top, left) = (chance.Next(size.Height), chance.Next(size.Width));
        var changed = new float[pixels.Length];
        for (var k = 0; k < changed.Length; k++)
        {
            var (y, x) = (k / size.Width % size.Height, k % size.Width);
            if (Math.Abs(y - top) * 2 < options.Cutout && Math.Abs(x - left) * 2 < options.Cutout)
            {
                continue;
            }
            var (fromY, fromX) = (y + down, (flip ? size.Width - 1 - x : x) + right);
            if (fromY >= 0 && fromY < size.Height && fromX >= 0 && fromX < size.Width)
            {
                changed[k] = (float)((pixels[k - (y * size.Width) - x + (fromY * size.Width) + fromX] * gain) + lift);
            }
        }
        return changed;
    }

    // Jöhnk's method: two powers of uniform numbers whose sum is below 1.
    private static double Beta(double alpha, Random chance)
    {
        for (var k = 0; k < 10_000; k++)
        {
            var (x, y) = (Math.Pow(chance.NextDouble(), 1 / alpha), Math.Pow(chance.NextDouble(), 1 / alpha));
            if (x + y is > 0 and <= 1)
            {
                return x / (x + y);
            }
        }
        return 0.5;
    }
}
