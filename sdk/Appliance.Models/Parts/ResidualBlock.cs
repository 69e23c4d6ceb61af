using static TorchSharp.torch;

namespace Appliance.Models.Parts;

/// <summary>A convolution with its norm, and where both stand.</summary>
internal sealed record ConvStep(string Convolution, string Norm, ConvolutionShape Shape);

/// <summary>Convolutions beside a shortcut: x [b, c, y, x] → activation(steps(x) + shortcut(x)).</summary>
internal sealed class ResidualBlock : Block
{
    private readonly List<ConvNorm> _steps = [];
    private readonly Func<Tensor, Tensor> _shortcut;
    private readonly Func<Tensor, Tensor> _activation;

    /// <param name="shortcut">Where its 1 × 1 convolution and norm stand; null for none.</param>
    /// <param name="bare">What the shortcut is without a convolution; null for the input itself.</param>
    internal ResidualBlock(
        ConvStep[] steps,
        (string Convolution, string Norm)? shortcut,
        int stride,
        Func<Tensor, Tensor> activation,
        Func<Tensor, Tensor>? bare = null)
        : base(nameof(ResidualBlock))
    {
        _activation = activation;
        foreach (var step in steps)
        {
            _steps.Add(new ConvNorm(this, step.Convolution, step.Norm, step.Shape));
        }
        var projected = shortcut is not { } s ? null : new ConvNorm(this, s.Convolution, s.Norm,
            ConvolutionShape.Square(steps[0].Shape.Inputs, steps[^1].Shape.Outputs, 1, stride));
        _shortcut = projected is not null ? projected.call : bare ?? (x => x);
    }

    internal Tensor call(Tensor x)
    {
        var y = _steps[0].call(x);
        for (var k = 1; k < _steps.Count; k++)
        {
            y = _steps[k].call(_activation(y));
        }
        return _activation(y + _shortcut(x));
    }
}
