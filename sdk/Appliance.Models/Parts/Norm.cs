using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Parts;

/// <summary>Brings vectors to a common size.</summary>
public interface INorm
{
    Tensor call(Tensor x);
}

/// <summary>Layer normalisation over the last dimension; always computed in float32, also between bfloat16 layers.</summary>
public sealed class Norm : Block, INorm
{
    private readonly long[] _shape;
    private readonly double _epsilon;
    private readonly Parameter _weight;
    private readonly Parameter? _bias;

    public Norm(long size, double epsilon, bool bias = true)
        : base(nameof(Norm))
    {
        (_shape, _epsilon) = ([size], epsilon);
        _weight = AddParameter("weight", size);
        _bias = bias ? AddParameter("bias", size) : null;
    }

    // [.., size] → [.., size]
    public Tensor call(Tensor x) => functional.layer_norm(Wide.Of(x), _shape, _weight, _bias, _epsilon);
}

/// <summary>Root-mean-square normalisation: x / √(mean(x²) + ε) · weight.</summary>
/// <remarks>Source: Zhang and Sennrich (2019). Gemma stores weight − 1: pass 1 as <c>offset</c>.</remarks>
public sealed class RmsNorm : Block, INorm
{
    private readonly double _epsilon;
    private readonly double _offset;
    private readonly Parameter _weight;

    public RmsNorm(long size, double epsilon, double offset = 0)
        : base(nameof(RmsNorm))
    {
        (_epsilon, _offset) = (epsilon, offset);
        _weight = AddParameter("weight", size);
    }

    // [.., size] → [.., size]
    public Tensor call(Tensor x)
    {
        var wide = Wide.Of(x);
        var scaled = wide * (wide.square().mean([-1], keepdim: true) + _epsilon).rsqrt();
        return scaled * (_offset == 0 ? _weight : _weight + _offset);
    }
}

/// <summary>Sums and norms stay in float32 while products may be in bfloat16.</summary>
internal static class Wide
{
    internal static Tensor Of(Tensor x) => x.dtype == ScalarType.Float32 ? x : x.to(ScalarType.Float32);
}
