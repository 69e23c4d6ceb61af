using Appliance.Models.Config;
using static TorchSharp.torch;

namespace Appliance.Models.Images;

/// <summary>Turns an image into the numbers that a model was trained on: the reading of <c>preprocessor_config.json</c>.</summary>
/// <remarks>Resize, cut out the middle, scale, normalise, in this order, each if the file asks for it.</remarks>
public sealed class ImagePreprocessor
{
    private const int LargeEdge = 384; // ConvNeXt: from this size on, images are resized without cutting
    private readonly Func<Picture, Picture> _shape;
    private readonly float[] _mean;
    private readonly float[] _deviation;
    private readonly double _scale;

    private ImagePreprocessor(Func<Picture, Picture> shape, double scale, float[] mean, float[] deviation) =>
        (_shape, _scale, _mean, _deviation) = (shape, scale, mean, deviation);

    /// <summary>torchvision's usual steps: shortest edge, the middle, ImageNet's mean and deviation.</summary>
    public static ImagePreprocessor Torchvision(int resize, int crop) => new(
        p => Crop(Shortest(p, resize, Resample.Bilinear), crop, crop, rounds: true), 1 / 255.0, [0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);

    /// <exception cref="ModelConfigException">A field is wrong or asks for what is not supported.</exception>
    public static ImagePreprocessor Open(string folder)
    {
        var path = Path.Combine(folder, "preprocessor_config.json");
        return !File.Exists(path) ? throw new ModelConfigException(path, ["the file is missing; an image model needs it to know its inputs"])
            : Read(ModelConfig.Parse(File.ReadAllBytes(path), path));
    }

    /// <exception cref="ModelConfigException">A field is wrong or asks for what is not supported.</exception>
    public static ImagePreprocessor Read(ModelConfig config)
    {
        var kind = config.TextOrNull("image_processor_type") ?? config.TextOrNull("feature_extractor_type") ?? "";
        var filter = (Resample)config.Int("resample", 2, 0, 5);
        var (resizes, crops) = (config.Flag("do_resize", true), config.Flag("do_center_crop", false));
        var size = Size(config, "size", 224);
        var crop = Size(config, "crop_size", 224);
        var percent = config.Number("crop_pct", 224.0 / 256);
        var convnext = kind.StartsWith("ConvNext", StringComparison.Ordinal) || config.Has("crop_pct");
        var scale = config.Flag("do_rescale", true) ? config.Number("rescale_factor", 1 / 255.0) : 1;
        var normalises = config.Flag("do_normalize", true);
        var mean = config.Numbers("image_mean", [0.5, 0.5, 0.5]);
        var deviation = config.Numbers("image_std", [0.5, 0.5, 0.5]);
        _ = (config.Has("_valid_processor_keys"), config.Texts("_valid_processor_keys"), config.TextOrNull("processor_class"),
            config.Flag("do_convert_rgb", true), config.TextOrNull("feature_extractor_type"), config.TextOrNull("image_processor_type"));
        if (mean.Length != 3 || deviation.Length != 3 || deviation.Any(d => d == 0))
        {
            config.Problem("fields 'image_mean' and 'image_std' must have three numbers, the latter not 0");
        }
        config.Check();
        Picture Shape(Picture p)
        {
            var resized = !resizes ? p : convnext ? ConvNext(p, size.Shortest ?? size.Height, percent, filter)
                : size.Shortest is { } edge ? Shortest(p, edge, filter) : Resampling.Resize(p, size.Width, size.Height, filter);
            return crops ? Crop(resized, crop.Width, crop.Height, rounds: false) : resized;
        }
        return new ImagePreprocessor(Shape, scale, normalises ? [.. mean.Select(m => (float)m)] : [0, 0, 0],
            normalises ? [.. deviation.Select(d => (float)d)] : [1, 1, 1]);
    }

    // → [1, 3, height, width] float32
    public Tensor Apply(Picture picture)
    {
        var p = _shape(picture);
        var (plane, numbers) = (p.Width * p.Height, new float[p.Width * p.Height * 3]);
        for (var k = 0; k < plane; k++)
        {
            for (var c = 0; c < 3; c++)
            {
                numbers[(c * plane) + k] = ((float)(p.Pixels[(k * 3) + c] * _scale) - _mean[c]) / _deviation[c];
            }
        }
        return tensor(numbers, [1, 3, p.Height, p.Width]);
    }

    private static Picture ConvNext(Picture p, int edge, double percent, Resample filter) => edge >= LargeEdge
        ? Resampling.Resize(p, edge, edge, filter)
        : Crop(Shortest(p, (int)(edge / percent), filter), edge, edge, rounds: false);

    private static Picture Shortest(Picture p, int edge, Resample filter)
    {
        var (small, large) = (Math.Min(p.Width, p.Height), Math.Max(p.Width, p.Height));
        var other = (int)((double)edge * large / small);
        return p.Width <= p.Height ? Resampling.Resize(p, edge, other, filter) : Resampling.Resize(p, other, edge, filter);
    }

    // The middle; what lies outside of the image is black. torchvision rounds to even where the reference cuts off.
    private static Picture Crop(Picture p, int width, int height, bool rounds)
    {
        int Margin(int have, int want) => rounds ? (int)Math.Round((have - want) / 2.0) : (int)Math.Floor((have - want) / 2.0);
        if (!rounds && (p.Width < width || p.Height < height))
        {
            // The reference pads to the larger of both with the surplus in front, then cuts.
            return Paste(p, width, height, -(int)Math.Ceiling((Math.Max(width, p.Width) - p.Width) / 2.0) + Math.Max(0, Margin(p.Width, width)),
                -(int)Math.Ceiling((Math.Max(height, p.Height) - p.Height) / 2.0) + Math.Max(0, Margin(p.Height, height)));
        }
        return Paste(p, width, height, Margin(p.Width, width), Margin(p.Height, height));
    }

    private static Picture Paste(Picture p, int width, int height, int left, int top)
    {
        var pixels = new byte[width * height * 3];
        for (var y = Math.Max(0, -top); y < Math.Min(height, p.Height - top); y++)
        {
            var (from, to) = (Math.Max(0, -left), Math.Min(width, p.Width - left));
            p.Pixels.AsSpan((((y + top) * p.Width) + from + left) * 3, (to - from) * 3).CopyTo(pixels.AsSpan(((y * width) + from) * 3));
        }
        return new Picture(width, height, pixels);
    }

    private static (int Width, int Height, int? Shortest) Size(ModelConfig config, string name, int fallback)
    {
        if (config.Nested(name) is not { } size)
        {
            var n = config.Int(name, fallback);
            return (n, n, null);
        }
        int? shortest = size.Has("shortest_edge") ? size.Int("shortest_edge") : null;
        var (width, height) = (size.Int("width", shortest ?? fallback), size.Int("height", shortest ?? fallback));
        size.CheckInto(config);
        return (width, height, shortest);
    }
}
