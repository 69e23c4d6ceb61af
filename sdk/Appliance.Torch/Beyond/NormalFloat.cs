using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Torch.Beyond;

/// <summary>The 4-bit NormalFloat grid: 16 numbers that are equally likely under a normal distribution.</summary>
/// <remarks>Source: Dettmers et al., QLoRA (2023), appendix E; the constants are those of its published implementation.</remarks>
public static class NormalFloat
{
    /// <summary>Numbers that share a scale.</summary>
    public const int Block = 64;

    /// <summary>Scales that share a coarse scale.</summary>
    public const int ScalesBlock = 256;

    private const float ScaleLevels = 127;

    /// <summary>The grid, from −1 to 1.</summary>
    public static IReadOnlyList<float> Grid { get; } =
    [
        -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f,
        -0.09105003625154495f, 0.0f, 0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
        0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f,
    ];

    /// <summary>The largest absolute number of each block.</summary>
    public static float[] BlockScales(ReadOnlySpan<float> values)
    {
        var scales = new float[(values.Length + Block - 1) / Block];
        for (var k = 0; k < scales.Length; k++)
        {
            foreach (var value in values[(k * Block)..Math.Min(values.Length, (k + 1) * Block)])
            {
                scales[k] = Math.Max(scales[k], Math.Abs(value));
            }
        }
        return scales;
    }

    /// <summary>Scales less their mean, in 8 bits with one coarse scale for 256 of them.</summary>
    public static (sbyte[] Scales, float[] Coarse, float Mean) QuantizeScales(float[] scales)
    {
        var mean = scales.Average();
        var fine = new sbyte[scales.Length];
        var coarse = new float[(scales.Length + ScalesBlock - 1) / ScalesBlock];
        for (var k = 0; k < scales.Length; k++)
        {
            var at = k / ScalesBlock;
            if (k % ScalesBlock == 0)
            {
                coarse[at] = scales.Skip(k).Take(ScalesBlock).Max(s => Math.Abs(s - mean)) / ScaleLevels;
            }
            fine[k] = coarse[at] == 0 ? (sbyte)0 : (sbyte)Math.Round((scales[k] - mean) / coarse[at]);
        }
        return (fine, coarse, mean);
    }

    public static float[] ExpandScales(sbyte[] scales, float[] coarse, float mean)
    {
        var wide = new float[scales.Length];
        for (var k = 0; k < wide.Length; k++)
        {
            wide[k] = Math.Max(0, (scales[k] * coarse[k / ScalesBlock]) + mean);
        }
        return wide;
    }

    /// <summary>The nearest code of each number over its block's scale; two codes a byte, the first in the upper half.</summary>
    public static byte[] Encode(ReadOnlySpan<float> values, float[] scales)
    {
        var codes = new byte[(values.Length + 1) / 2];
        for (var k = 0; k < values.Length; k++)
        {
            var scale = scales[k / Block];
            var code = Nearest(scale == 0 ? 0 : values[k] / scale);
            codes[k / 2] |= (byte)(k % 2 == 0 ? code << 4 : code);
        }
        return codes;
    }

    /// <summary>The numbers of codes, as a tensor of this shape.</summary>
    /// <param name="codes">uint8, on the CPU.</param>
    public static unsafe Tensor Decode(Tensor codes, float[] scales, long[] shape)
    {
        var wide = empty(shape);
        var values = MemoryMarshal.Cast<byte, float>(wide.bytes);
        var packed = codes.bytes;
        if (Kernels.Present)
        {
            fixed (byte* from = packed)
            fixed (float* by = scales, to = values)
            {
                Kernels.kernel_nf4_decode(from, by, to, values.Length);
            }
            return wide;
        }
        for (var k = 0; k < values.Length; k++)
        {
            values[k] = Grid[k % 2 == 0 ? packed[k / 2] >> 4 : packed[k / 2] & 15] * scales[k / Block];
        }
        return wide;
    }

    /// <summary>Whether <see cref="Multiply"/> can be done: our own bridge, on the CPU.</summary>
    public static bool Multiplies(Tensor x) =>
#if BRIDGE
        x.device.type == DeviceType.CPU;
#else
        false;
#endif

    /// <summary>x Wᵀ + b with W in codes, which is expanded for each product, in the backward pass again, and never kept.</summary>
    /// <param name="scales">One for each <see cref="Block"/> numbers.</param>
    /// <param name="transposed">The codes are those of [in, out].</param>
    /// <param name="half">Products in bfloat16.</param>
    public static Tensor Multiply(Tensor x, Tensor codes, Tensor scales, Tensor? bias, long outputs, bool transposed, bool half)
    {
#if BRIDGE
        return new Tensor(Native.Check(Native.bridge_four_bit_linear(
            x.Handle, codes.Handle, scales.Handle, bias?.Handle ?? 0, outputs, transposed ? 1 : 0, half ? 1 : 0)));
#else
        throw new NotSupportedException("It needs the appliance's own bridge: ask Multiplies first.");
#endif
    }

    private static int Nearest(float value)
    {
        var best = 0;
        for (var k = 1; k < Grid.Count; k++)
        {
            best = Math.Abs(Grid[k] - value) < Math.Abs(Grid[best] - value) ? k : best;
        }
        return best;
    }
}
