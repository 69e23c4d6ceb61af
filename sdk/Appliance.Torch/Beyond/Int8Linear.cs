#if BRIDGE
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Torch.Beyond;

/// <summary>Dynamic 8-bit quantisation: <c>quantized::linear_dynamic</c> on the oneDNN engine.</summary>
/// <remarks>Symmetric, one scale a row of the weight: scale = max|w| / 127, zero point 0.</remarks>
internal sealed class Int8Linear : PackedLinear
{
    private const long SignedByte = 12; // c10::ScalarType::QInt8
    private static readonly Operator Quantize = new("aten::quantize_per_channel"), Prepack = new("quantized::linear_prepack"),
        Linear = new("quantized::linear_dynamic");
    private readonly PackedObject _weight;

    internal Int8Linear(Tensor weight, Tensor? bias)
    {
        Native.Check(Native.bridge_use_onednn_quantization());
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var wide = weight.detach().contiguous();
        var scales = (wide.abs().amax(1) / 127.0).clamp(1e-12).to(ScalarType.Float64);
        var zeros = torch.zeros([wide.shape[0]], ScalarType.Int64);
        _weight = Prepack.CallPacked(Quantize.Call(wide, scales, zeros, 0L, SignedByte), bias?.detach());
    }

    public override bool ServesOneRow => true;

    public override Tensor Multiply(Tensor x) => Linear.Call(x, _weight);

    public override void Dispose() => _weight.Dispose();
}
#endif
