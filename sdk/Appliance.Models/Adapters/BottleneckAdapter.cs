using Appliance.Models.Parts;
using Appliance.Torch.Beyond;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Adapters;

/// <summary>Houlsby's bottleneck behind a projection: y + U gelu(D y), before the residual sum.</summary>
/// <remarks>Source: Houlsby et al. (2019). It is not linear, so it cannot be merged: it stays beside the weight.</remarks>
public sealed class BottleneckAdapter : ProjectionAdapter
{
    private const double Spread = 0.01; // near the identity at the start
    private readonly Parameter _down; // [r, out]
    private readonly Parameter _downBias; // [r]
    private readonly Parameter _up; // [out, r]
    private readonly Parameter _upBias; // [out]

    public BottleneckAdapter(Tensor down, Tensor downBias, Tensor up, Tensor upBias)
    {
        (_down, _downBias, _up, _upBias) = (new Parameter(down), new Parameter(downBias), new Parameter(up), new Parameter(upBias));
        Parameters = [("adapter_down.weight", _down), ("adapter_down.bias", _downBias), ("adapter_up.weight", _up), ("adapter_up.bias", _upBias)];
    }

    public override IReadOnlyList<(string Name, Parameter Parameter)> Parameters { get; }

    public override bool Mergeable => false;

    /// <param name="size">Width of the bottleneck, 1 or more.</param>
    public static BottleneckAdapter New(Projection projection, int size)
    {
        using var _ = no_grad();
        var (outputs, device) = (projection.OutputSize, projection.Weight.device);
        return new BottleneckAdapter(
            empty([size, outputs], device: device).normal_(0, Spread), zeros([size], device: device),
            empty([outputs, size], device: device).normal_(0, Spread), zeros([outputs], device: device));
    }

    protected override Tensor Adapted(Projection projection, Tensor x)
    {
        var y = projection.Multiply(x);
        return y + projection.Multiply(Pointwise.Gelu(projection.Multiply(y, _down, _downBias)), _up, _upBias);
    }

    protected override (Tensor Weight, Tensor? Bias) Fold(Projection projection, Tensor weight, bool merged) =>
        throw new NotSupportedException("A bottleneck is not linear and cannot be merged.");
}
