using Appliance.Models.Families;
using Appliance.Models.Images;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>Where a conv net looked when it chose a class: the last feature maps, weighted by the class's gradient.</summary>
/// <remarks>Source: Selvaraju et al., Grad-CAM (2017). c = channels of the last map, y × x = its size.</remarks>
internal static class GradCam
{
    private const int SideMin = 224;

    /// <summary>The map over the image, from blue (not looked at) to red, at least 224 pixels wide.</summary>
    /// <param name="pixels">[1, channels, height, width], −1 to 1.</param>
    /// <exception cref="ArgumentException">The model has no feature maps.</exception>
    internal static Picture Draw(Model model, Tensor pixels, long label)
    {
        using var scope = NewDisposeScope();
        model.eval();
        Tensor maps;
        using (no_grad())
        {
            maps = model.Forward(new ModelInput { PixelValues = pixels }).Last is { shape.Length: 4 } last
                ? last.detach()
                : throw new ArgumentException("This model has no feature maps to draw: leave heat_map out.");
        }
        maps.requires_grad = true;
        var score = model.Classify(nn.functional.adaptive_avg_pool2d(maps, 1).flatten(1))!.select(1, label).sum(); // a classifier of images
        score.backward();
        using var _ = no_grad();
        var weights = maps.grad!.mean([2, 3], keepdim: true); // [1, c, 1, 1]; backward has set it
        var seen = (maps * weights).sum(1).relu(); // [1, y, x]
        var (heat, height, width) = (seen.cpu().data<float>().ToArray(), (int)seen.shape[1], (int)seen.shape[2]);
        return Over(pixels.cpu(), Grey(heat, width, height));
    }

    private static Picture Grey(float[] heat, int width, int height)
    {
        var most = Math.Max(heat.Max(), 1e-12f);
        return new Picture(width, height, [.. heat.SelectMany(h => Enumerable.Repeat((byte)(255 * h / most), 3))]);
    }

    private static Picture Over(Tensor pixels, Picture heat)
    {
        var (channels, height, width) = ((int)pixels.shape[1], (int)pixels.shape[2], (int)pixels.shape[3]);
        var (numbers, plane) = (pixels.data<float>().ToArray(), height * width);
        var image = new Picture(width, height, [.. Enumerable.Range(0, plane * 3).Select(k => (byte)Math.Clamp(((numbers[((k % 3) % channels * plane) + (k / 3)] * 0.5f) + 0.5f) * 255, 0, 255))]);
        var factor = Math.Max(1, (SideMin + width - 1) / width);
        image = Resampling.Resize(image, width * factor, height * factor, Resample.Bilinear);
        var map = Resampling.Resize(heat, image.Width, image.Height, Resample.Bicubic);
        var mixed = new byte[image.Pixels.Length];
        for (var k = 0; k < mixed.Length; k++)
        {
            var h = map.Pixels[k / 3 * 3] / 255f;
            var colour = (k % 3) switch { 0 => h, 1 => 1 - Math.Abs((2 * h) - 1), _ => 1 - h };
            mixed[k] = (byte)((image.Pixels[k] * 0.5f) + (colour * 127.5f));
        }
        return new Picture(image.Width, image.Height, mixed);
    }
}
