using Appliance.Models.Parts;
using Appliance.Torch.Beyond;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Adapters;

/// <summary>Low-rank adapter, with DoRA's magnitude where there is one.</summary>
/// <remarks>
/// LoRA (Hu et al. 2021): y += s · B A x, with s = α/r, or α/√r for rsLoRA. DoRA (Liu et al. 2024): the rows of
/// W + s·BA are brought to the learnt lengths m; the lengths' gradient does not flow through the norm (section 4.3).
/// </remarks>
public sealed class LoraAdapter : ProjectionAdapter
{
    private readonly Parameter _a; // [r, in]
    private readonly Parameter _b; // [out, r]
    private readonly Parameter? _magnitude; // [out]
    private readonly double _scale;
    private readonly double _dropout;
    private Tensor? _lengthBefore; // of the unmerged rows, to unmerge DoRA

    public LoraAdapter(Tensor a, Tensor b, double scale, double dropout, Tensor? magnitude = null)
    {
        (_a, _b, _scale, _dropout) = (new Parameter(a), new Parameter(b), scale, dropout);
        _magnitude = magnitude is null ? null : new Parameter(magnitude);
        Parameters = _magnitude is null
            ? [("lora_A.weight", _a), ("lora_B.weight", _b)]
            : [("lora_A.weight", _a), ("lora_B.weight", _b), ("lora_magnitude_vector", _magnitude)];
    }

    public override IReadOnlyList<(string Name, Parameter Parameter)> Parameters { get; }

    /// <summary>A fresh adapter: A Kaiming-uniform with a = √5 as PEFT draws it, B zero.</summary>
    public static LoraAdapter New(Projection projection, int rank, double scale, double dropout, bool dora = false)
    {
        var (inputs, outputs, device) = (projection.InputSize, projection.OutputSize, projection.Weight.device);
        var bound = 1 / Math.Sqrt(inputs);
        using var _ = no_grad();
        var magnitude = dora ? Lengths(projection.Oriented()).detach() : null;
        return new LoraAdapter(
            empty([rank, inputs], device: device).uniform_(-bound, bound), zeros([outputs, rank], device: device), scale, dropout, magnitude);
    }

    protected override Tensor Adapted(Projection projection, Tensor x)
    {
        var training = projection.training && _dropout > 0;
        var dropped = training ? Pointwise.Dropout(x, _dropout) : x;
        if (projection.HalfPrecision && _magnitude is null)
        {
            // All in bfloat16, and one cast back: small products cost less than their casts.
            var low = functional.linear(Projection.Half(dropped), Projection.Half(_a));
            return (projection.HalfProduct(x) + functional.linear(low, Projection.Half(_b * _scale))).to(ScalarType.Float32);
        }
        var change = projection.Multiply(projection.Multiply(dropped, _a, null), _b, null) * _scale;
        if (_magnitude is null)
        {
            return projection.Multiply(x) + change;
        }
        var ratio = _magnitude / Lengths(projection.Oriented() + (_b.mm(_a) * _scale)).detach(); // [out]
        var plain = projection.Multiply(dropped, projection.Oriented(), null);
        return projection.Multiply(x) + ((ratio - 1) * plain) + (ratio * change);
    }

    protected override (Tensor Weight, Tensor? Bias) Fold(Projection projection, Tensor weight, bool merged)
    {
        var change = _b.mm(_a) * _scale;
        if (_magnitude is null)
        {
            return (merged ? weight + change : weight - change, null);
        }
        if (merged)
        {
            var whole = weight + change;
            _lengthBefore = Lengths(whole).DetachFromDisposeScope();
            return (whole * (_magnitude / _lengthBefore).unsqueeze(1), null);
        }
        return ((weight / (_magnitude / _lengthBefore!).unsqueeze(1)) - change, null); // set when it was merged
    }

    // Euclidean length of each row, [out, in] → [out]
    private static Tensor Lengths(Tensor weight) => weight.square().sum(1).sqrt();
}
