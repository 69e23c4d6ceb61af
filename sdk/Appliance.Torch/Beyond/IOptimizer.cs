using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Torch.Beyond;

/// <summary>A set of parameters that share one weight decay and one share of the learning rate.</summary>
/// <param name="Parameters">Named as in the checkpoint, so that the optimizer's state can be saved and found again.</param>
/// <param name="WeightDecay">Share of the weight that one unit of learning rate removes; 0 or more, 0 for norms and biases.</param>
/// <param name="RateScale">Factor of the learning rate, above 0 to 1; lower layers may move more slowly.</param>
public sealed record ParameterGroup(IReadOnlyList<(string Name, Parameter Parameter)> Parameters, double WeightDecay, double RateScale = 1);

/// <summary>Moves parameters along their gradients.</summary>
public interface IOptimizer : IDisposable
{
    /// <summary>Optimizer steps taken so far.</summary>
    long Steps { get; }

    /// <summary>Moves every parameter that has a gradient, then drops the gradients.</summary>
    /// <param name="learningRate">Step size, 0 or more.</param>
    /// <param name="gradientNormMax">Gradients are scaled down to this Euclidean norm; 0 leaves them as they are.</param>
    /// <returns>The norm of all gradients before clipping.</returns>
    double Step(double learningRate, double gradientNormMax);

    /// <summary>What it remembers of each parameter, such as <c>m.NAME</c>, for a checkpoint.</summary>
    IEnumerable<(string Name, Tensor Tensor)> State();

    /// <summary>Takes up what <see cref="State"/> gave.</summary>
    /// <exception cref="KeyNotFoundException">The checkpoint belongs to another set of parameters.</exception>
    void Restore(long steps, IReadOnlyDictionary<string, Tensor> state);
}
