using Appliance.Torch.Beyond;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Models.Parts;

/// <summary>A matrix in 4 bits a number: NormalFloat codes, a scale for each 64, the scales in 8 bits themselves.</summary>
/// <remarks>
/// Source: Dettmers et al., QLoRA (2023). 4.13 bits a number in all. The scales of 256 blocks are brought to their mean and
/// stored in 8 bits with one float32 scale.
/// </remarks>
internal sealed class FourBitWeight : IDisposable
{
    private readonly Tensor _codes; // uint8, two a byte, the first in the upper half
    private readonly sbyte[] _scales; // one a block of 64
    private readonly float[] _coarse; // one for 256 scales
    private readonly float _mean;
    private readonly long[] _shape;

    private FourBitWeight(Tensor codes, sbyte[] scales, float[] coarse, float mean, long[] shape) =>
        (_codes, _scales, _coarse, _mean, _shape) = (codes, scales, coarse, mean, shape);

    internal long Bytes => _codes.numel() + _scales.Length + (_coarse.Length * sizeof(float)) + sizeof(float);

    internal static FourBitWeight Of(Tensor weight)
    {
        using var _ = no_grad();
        using var flat = weight.detach().cpu().contiguous().DetachFromDisposeScope();
        var values = flat.data<float>().ToArray();
        var absolute = NormalFloat.BlockScales(values);
        var (scales, coarse, mean) = NormalFloat.QuantizeScales(absolute);
        var codes = NormalFloat.Encode(values, NormalFloat.ExpandScales(scales, coarse, mean));
        return new FourBitWeight(tensor(codes).DetachFromDisposeScope(), scales, coarse, mean, weight.shape);
    }

    /// <summary>The matrix in float32, new at each call.</summary>
    internal Tensor Expand() => NormalFloat.Decode(_codes, Scales(), _shape);

    /// <summary>x Wᵀ + b with a gradient for x; the wide matrix lives no longer than each product.</summary>
    internal Tensor Multiply(Tensor x, Tensor? bias, bool transposed, bool half)
    {
        using var scales = tensor(Scales()).DetachFromDisposeScope();
        return NormalFloat.Multiply(x, _codes, scales, bias, _shape[transposed ? 1 : 0], transposed, half);
    }

    public void Dispose() => _codes.Dispose();

    private float[] Scales() => NormalFloat.ExpandScales(_scales, _coarse, _mean);
}
