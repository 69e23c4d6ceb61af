using Appliance.Models.Parts;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Models.Adapters;

/// <summary>IA3: one learnt factor per output of an attention projection, or per input of a feed-forward one.</summary>
/// <remarks>Source: Liu et al., Few-Shot Parameter-Efficient Fine-Tuning (2022). The output's factor scales the bias too.</remarks>
public sealed class Ia3Adapter : ProjectionAdapter
{
    private readonly Parameter _factors; // [1, in] for feed-forward, [out, 1] else
    private readonly bool _onInput;

    public Ia3Adapter(Tensor factors, bool onInput)
    {
        (_factors, _onInput) = (new Parameter(factors), onInput);
        Parameters = [("ia3_l", _factors)];
    }

    /// <summary>Factors of 1: no effect yet.</summary>
    public static Ia3Adapter New(Projection projection, bool onInput)
    {
        using var _ = no_grad();
        long[] shape = onInput ? [1, projection.InputSize] : [projection.OutputSize, 1];
        return new Ia3Adapter(ones(shape, device: projection.Weight.device), onInput);
    }

    public override IReadOnlyList<(string Name, Parameter Parameter)> Parameters { get; }

    protected override Tensor Adapted(Projection projection, Tensor x)
    {
        var factors = _factors.view(-1);
        return _onInput ? projection.Multiply(x * factors) : projection.Multiply(x) * factors;
    }

    protected override (Tensor Weight, Tensor? Bias) Fold(Projection projection, Tensor weight, bool merged)
    {
        // [1, in] scales columns, [out, 1] scales rows: both by broadcasting over [out, in]. Out again is the inverse.
        var factors = merged ? _factors : _factors.pow(-1);
        var bias = _onInput || projection.Bias is null ? null : projection.Bias * factors.view(-1);
        return (weight * factors, bias);
    }
}
