namespace Appliance.Models.Images;

/// <summary>How pixels are weighted when an image changes its size; the numbers are Pillow's.</summary>
public enum Resample
{
    Nearest = 0,
    Lanczos = 1,
    Bilinear = 2,
    Bicubic = 3,
    Box = 4,
    Hamming = 5,
}

/// <summary>Changes an image's size bit for bit as Pillow does: two passes of 8-bit fixed point, antialiased.</summary>
/// <remarks>Source: Pillow's Resample.c. Rows first, then columns, each rounded to bytes; weights have 22 bits after the point.</remarks>
public static class Resampling
{
    private const int Bits = 32 - 8 - 2;

    public static Picture Resize(Picture picture, int width, int height, Resample filter)
    {
        if (filter == Resample.Nearest)
        {
            return Nearest(picture, width, height);
        }
        var wide = width == picture.Width ? picture : Across(picture, width, filter);
        return height == wide.Height ? wide : Down(wide, height, filter);
    }

    private static Picture Nearest(Picture p, int width, int height)
    {
        var pixels = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            var from = Math.Min(p.Height - 1, (int)((y + 0.5) * p.Height / height));
            for (var x = 0; x < width; x++)
            {
                var at = Math.Min(p.Width - 1, (int)((x + 0.5) * p.Width / width));
                p.Pixels.AsSpan(((from * p.Width) + at) * 3, 3).CopyTo(pixels.AsSpan(((y * width) + x) * 3));
            }
        }
        return new Picture(width, height, pixels);
    }

    private static Picture Across(Picture p, int width, Resample filter)
    {
        var weights = Weights(p.Width, width, filter);
        var pixels = new byte[width * p.Height * 3];
        for (var y = 0; y < p.Height; y++)
        {
            var row = p.Pixels.AsSpan(y * p.Width * 3, p.Width * 3);
            for (var x = 0; x < width; x++)
            {
                var (first, w) = weights[x];
                for (var c = 0; c < 3; c++)
                {
                    var sum = 1 << (Bits - 1);
                    for (var k = 0; k < w.Length; k++)
                    {
                        sum += row[((first + k) * 3) + c] * w[k];
                    }
                    pixels[(((y * width) + x) * 3) + c] = Clip(sum);
                }
            }
        }
        return new Picture(width, p.Height, pixels);
    }

    private static Picture Down(Picture p, int height, Resample filter)
    {
        var weights = Weights(p.Height, height, filter);
        var stride = p.Width * 3;
        var pixels = new byte[height * stride];
        for (var y = 0; y < height; y++)
        {
            var (first, w) = weights[y];
            for (var x = 0; x < stride; x++)
            {
                var sum = 1 << (Bits - 1);
                for (var k = 0; k < w.Length; k++)
                {
                    sum += p.Pixels[((first + k) * stride) + x] * w[k];
                }
                pixels[(y * stride) + x] = Clip(sum);
            }
        }
        return new Picture(p.Width, height, pixels);
    }

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> Bits, 0, 255);

    // For each new pixel: the first old one, and the weights of it and those after it.
    private static (int First, int[] Weights)[] Weights(int from, int to, Resample filter)
    {
        var scale = (double)from / to;
        var spread = Math.Max(scale, 1); // shrinking looks at more than the neighbours
        var support = Support(filter) * spread;
        var result = new (int, int[])[to];
        for (var x = 0; x < to; x++)
        {
            var center = (x + 0.5) * scale;
            var first = Math.Max(0, (int)(center - support + 0.5));
            var count = Math.Min(from, (int)(center + support + 0.5)) - first;
            var w = new double[count];
            for (var k = 0; k < count; k++)
            {
                w[k] = Weight(filter, (k + first - center + 0.5) / spread);
            }
            var sum = w.Sum();
            result[x] = (first, [.. w.Select(v => Fixed(sum != 0 ? v / sum : v))]);
        }
        return result;
    }

    private static int Fixed(double v) => (int)(v < 0 ? -0.5 + (v * (1 << Bits)) : 0.5 + (v * (1 << Bits)));

    private static double Support(Resample filter) => filter switch
    {
        Resample.Box => 0.5,
        Resample.Bicubic => 2,
        Resample.Lanczos => 3,
        _ => 1,
    };

    private static double Weight(Resample filter, double x)
    {
        var a = Math.Abs(x);
        return filter switch
        {
            Resample.Box => x > -0.5 && x <= 0.5 ? 1 : 0,
            Resample.Bilinear => a < 1 ? 1 - a : 0,
            Resample.Hamming => a == 0 ? 1 : a >= 1 ? 0 : Math.Sin(a * Math.PI) / (a * Math.PI) * (0.54 + (0.46 * Math.Cos(a * Math.PI))),
            Resample.Bicubic => a < 1 ? (((1.5 * a) - 2.5) * a * a) + 1 : a < 2 ? ((((a - 5) * a) + 8) * a - 4) * -0.5 : 0,
            _ => a < 3 ? Sinc(x) * Sinc(x / 3) : 0,
        };
    }

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);
}
