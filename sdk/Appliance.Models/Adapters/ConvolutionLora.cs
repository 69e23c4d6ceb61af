using Appliance.Models.Parts;
using Appliance.Torch.Beyond;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Models.Adapters;

/// <summary>A low-rank adapter beside one frozen convolution, named and shaped as PEFT has it.</summary>
/// <remarks>
/// LoRA (Hu et al. 2021) for images: y += s · B ∗ A ∗ x. A [r, in, height, width] reads as the convolution does, B [out, r, 1, 1] mixes channels.
/// </remarks>
public sealed class ConvolutionLora
{
    private readonly Parameter _a;
    private readonly Parameter _b;
    private readonly double _scale;
    private readonly double _dropout;

    private ConvolutionLora(Tensor a, Tensor b, double scale, double dropout) =>
        (_a, _b, _scale, _dropout) = (new Parameter(a), new Parameter(b), scale, dropout);

    /// <summary>Names below the convolution.</summary>
    public IReadOnlyList<(string Name, Parameter Parameter)> Parameters => [("lora_A.weight", _a), ("lora_B.weight", _b)];

    /// <summary>Whether the effect stands in the convolution's own weight now.</summary>
    public bool Merged { get; private set; }

    /// <summary>A fresh adapter: A Kaiming-uniform with a = √5 as PEFT draws it, B zero.</summary>
    /// <param name="rank">r, 1 or more.</param>
    /// <param name="scale">s, the factor of the adapter's output.</param>
    /// <param name="dropout">Share of the adapter's inputs dropped in training, 0 to below 1.</param>
    public static ConvolutionLora New(Convolution convolution, int rank, double scale, double dropout)
    {
        long[] shape = [rank, .. convolution.Weight.shape[1..]];
        var bound = 1 / Math.Sqrt(shape[1] * shape[2] * shape[3]);
        using var _ = no_grad();
        return new ConvolutionLora(
            empty(shape, device: convolution.Weight.device).uniform_(-bound, bound),
            zeros([convolution.Weight.shape[0], rank, 1, 1], device: convolution.Weight.device), scale, dropout);
    }

    // x [b, in, y, x] → [b, out, y', x']
    internal Tensor Change(Convolution convolution, Tensor x)
    {
        var dropped = convolution.training && _dropout > 0 ? Pointwise.Dropout(x, _dropout) : x;
        return nn.functional.conv2d(convolution.Convolve(dropped, _a, null), _b * _scale);
    }

    internal void Merge(Parameter weight)
    {
        if (Merged)
        {
            return;
        }
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        weight.add_((_b.flatten(1).mm(_a.flatten(1)) * _scale).view(weight.shape));
        Merged = true;
    }
}
