using Appliance.Torch.Beyond;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Parts;

/// <summary>A weight packed for answering: y = x Wᵀ + b at the precision that it was packed for.</summary>
/// <remarks>A copy: the weight that it was made of may go on living, and changes of it are not seen here.</remarks>
internal sealed class PreparedWeight : IDisposable
{
    private readonly PackedLinear? _packed;
    private readonly Tensor? _half;
    private readonly Tensor? _halfBias;

    private PreparedWeight(Tensor weight, Tensor? bias, InferencePrecision precision)
    {
        if (precision == InferencePrecision.BFloat16)
        {
            _half = weight.to(ScalarType.BFloat16).contiguous().DetachFromDisposeScope();
            _halfBias = bias?.to(ScalarType.BFloat16).DetachFromDisposeScope();
            return;
        }
        _packed = precision == InferencePrecision.Int8 ? PackedLinear.Int8(weight, bias) : PackedLinear.Float32(weight, bias);
    }

    /// <param name="weight">[out, in].</param>
    /// <returns>Null where the plain product is as good: on a GPU, or without the operators.</returns>
    internal static PreparedWeight? Of(Tensor weight, Tensor? bias, InferencePrecision precision)
    {
        if (precision != InferencePrecision.BFloat16 && (weight.device.type != DeviceType.CPU || (precision == InferencePrecision.Float32 && !PackedLinear.Available)))
        {
            return null;
        }
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        return new PreparedWeight(weight.detach(), bias?.detach(), precision);
    }

    /// <summary>An input cast once for several weights of the same precision; only bfloat16 needs it.</summary>
    internal Tensor Share(Tensor x) => _half is not null ? x.to(ScalarType.BFloat16) : x;

    /// <summary>Whether a matrix-vector product would be faster: one row, bound by memory.</summary>
    internal bool Serves(bool oneRow) => _half is not null || !oneRow || _packed!.ServesOneRow;

    // x [.., in] → [.., out]; bfloat16 stays bfloat16
    internal Tensor Multiply(Tensor x)
    {
        if (_half is not null)
        {
            return functional.linear(x.dtype == ScalarType.BFloat16 ? x : x.to(ScalarType.BFloat16), _half, _halfBias);
        }
        return _packed!.Multiply(x);
    }

    /// <summary>Two products with an activation between them that works in any layout.</summary>
    internal Tensor Through(Tensor x, Func<Tensor, Tensor> activation, PreparedWeight second) => _packed is not null && second._packed is not null
        ? _packed.Through(x, activation, second._packed)
        : second.Multiply(activation(Multiply(x)));

    public void Dispose()
    {
        _packed?.Dispose();
        _half?.Dispose();
        _halfBias?.Dispose();
    }
}
