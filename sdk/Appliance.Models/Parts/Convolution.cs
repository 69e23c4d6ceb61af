using Appliance.Models.Adapters;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Parts;

/// <summary>A convolution over images.</summary>
/// <param name="Stride">Step in pixels.</param>
/// <param name="Padding">Zeros on each side: height and width; null for (size − 1) / 2.</param>
/// <param name="Groups">Channels are split into so many independent groups.</param>
public sealed record ConvolutionShape(
    long Inputs, long Outputs, long Height, long Width, long Stride = 1, (long Height, long Width)? Padding = null, long Groups = 1, bool Bias = false)
{
    internal static ConvolutionShape Square(long inputs, long outputs, long size, long stride = 1, long? padding = null, long groups = 1, bool bias = false) =>
        new(inputs, outputs, size, size, stride, padding is { } p ? (p, p) : null, groups, bias);
}

/// <summary>weight [out, in / groups, height, width]; x [b, in, y, x] → [b, out, y', x'].</summary>
public sealed class Convolution : Block
{
    private readonly ConvolutionShape _shape;
    private readonly Parameter _weight;
    private readonly Parameter? _bias;

    public Convolution(ConvolutionShape shape)
        : base(nameof(Convolution))
    {
        _shape = shape;
        _weight = AddParameter("weight", shape.Outputs, shape.Inputs / shape.Groups, shape.Height, shape.Width);
        _bias = shape.Bias ? AddParameter("bias", shape.Outputs) : null;
    }

    public Parameter Weight => _weight;

    /// <summary>Whether an adapter has a place here: every channel is read by every other.</summary>
    public bool Adaptable => _shape.Groups == 1;

    /// <summary>What stands beside the frozen weight; null without an adapter.</summary>
    public ConvolutionLora? Adapter { get; private set; }

    /// <summary>Freezes the weight and puts an adapter beside it, under the adapter's own names.</summary>
    /// <exception cref="NotSupportedException">The channels are split into groups.</exception>
    public void Attach(ConvolutionLora adapter)
    {
        Adapter = Adaptable ? adapter : throw new NotSupportedException("A convolution in groups takes no adapter.");
        foreach (var (name, parameter) in adapter.Parameters)
        {
            AddExisting(name, parameter);
        }
        _weight.requires_grad = false;
    }

    /// <summary>Adds the adapter into the weight: same answers, no extra cost. The adapter does nothing afterwards.</summary>
    public void MergeLora() => Adapter?.Merge(_weight);

    public Tensor call(Tensor x)
    {
        var y = Convolve(x, _weight, _bias);
        return Adapter is { Merged: false } ? y + Adapter.Change(this, x) : y;
    }

    internal Tensor Convolve(Tensor x, Tensor weight, Tensor? bias)
    {
        var (y, z) = _shape.Padding ?? ((_shape.Height - 1) / 2, (_shape.Width - 1) / 2);
        return functional.conv2d(x, weight, bias, [_shape.Stride, _shape.Stride], [y, z], [1, 1], _shape.Groups);
    }
}

/// <summary>Normalises each channel: by the batch in training, by the running averages else.</summary>
/// <remarks>Source: Ioffe and Szegedy (2015). The running variance is unbiased, as in PyTorch.</remarks>
public sealed class BatchNorm : Block
{
    private const double Momentum = 0.1;
    private readonly double _epsilon;
    private readonly Parameter _weight;
    private readonly Parameter _bias;
    private readonly Tensor _mean;
    private readonly Tensor _variance;
    private readonly Tensor _batches;

    public BatchNorm(long channels, double epsilon = 1e-5)
        : base(nameof(BatchNorm))
    {
        _epsilon = epsilon;
        _weight = AddParameter("weight", channels);
        _bias = AddParameter("bias", channels);
        _mean = AddBuffer("running_mean", zeros([channels]));
        _variance = AddBuffer("running_var", ones([channels]));
        _batches = AddBuffer("num_batches_tracked", zeros([], ScalarType.Int64));
    }

    // x [b, channels, y, x] → same
    public Tensor call(Tensor x)
    {
        if (training)
        {
            _batches.add_(1);
        }
        return functional.batch_norm(x, _mean, _variance, _weight, _bias, training, Momentum, _epsilon);
    }
}

/// <summary>Convolution, then batch normalisation: the pair that most conv nets are made of.</summary>
internal sealed class ConvNorm
{
    private readonly Convolution _convolution;
    private readonly BatchNorm _norm;

    internal ConvNorm(Block owner, string convolution, string norm, ConvolutionShape shape, double epsilon = 1e-5)
    {
        _convolution = owner.Add(convolution, new Convolution(shape));
        _norm = owner.Add(norm, new BatchNorm(shape.Outputs, epsilon));
    }

    internal Tensor call(Tensor x) => _norm.call(_convolution.call(x));
}
