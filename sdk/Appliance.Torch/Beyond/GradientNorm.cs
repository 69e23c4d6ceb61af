using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Torch.Beyond;

/// <summary>The Euclidean norm of all gradients together, and what clipping makes of it.</summary>
public static class GradientNorm
{
    /// <summary>The root of the sum of all squares; summed in a fixed order, so that a resumed run has the same bits.</summary>
    public static double Of(IEnumerable<Tensor> gradients) => Math.Sqrt(gradients.Sum(SquareSum));

    /// <summary>What gradients are multiplied by so that their norm is at most <paramref name="max"/>; 1 for a maximum of 0.</summary>
    /// <remarks>As torch's clip_grad_norm_: max / (norm + 1e-6).</remarks>
    public static double ClipFactor(double norm, double max) => max > 0 ? Math.Min(1, max / (norm + 1e-6)) : 1;

    internal static bool IsPlain(Tensor t) => Kernels.Present && t.device.type == DeviceType.CPU && t.dtype == ScalarType.Float32;

    private static unsafe double SquareSum(Tensor gradient)
    {
        if (!IsPlain(gradient) || !gradient.is_contiguous())
        {
            using var norm = gradient.norm();
            return Math.Pow(norm.item<float>(), 2);
        }
        var values = MemoryMarshal.Cast<byte, float>(gradient.bytes);
        var partial = new double[(values.Length >> 16) + 1];
        fixed (float* g = values)
        fixed (double* p = partial)
        {
            return Kernels.kernel_square_sum(g, values.Length, p);
        }
    }
}
