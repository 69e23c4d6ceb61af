using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Torch.Beyond;

/// <summary>A set of parameters that share one weight decay.</summary>
/// <param name="Parameters">Named as in the checkpoint, so that the optimizer's state can be saved and found again.</param>
/// <param name="WeightDecay">Share of the weight that one unit of learning rate removes; 0 or more, 0 for norms and biases.</param>
public sealed record ParameterGroup(IReadOnlyList<(string Name, Parameter Parameter)> Parameters, double WeightDecay);

/// <summary>AdamW with the clipping factor folded in: one pass over memory per step instead of a dozen.</summary>
/// <remarks>
/// Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization (2019). Same update as torch.optim.AdamW
/// (decay first, bias correction, epsilon outside of the root). On CUDA, or without the kernel, plain operators do it.
/// </remarks>
public sealed class AdamW : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;
    private readonly List<Slot> _slots = [];

    public AdamW(IEnumerable<ParameterGroup> groups)
    {
        using var _ = no_grad();
        foreach (var group in groups)
        {
            foreach (var (name, parameter) in group.Parameters)
            {
                _slots.Add(new Slot(
                    name,
                    parameter,
                    zeros_like(parameter).DetachFromDisposeScope(),
                    zeros_like(parameter).DetachFromDisposeScope(),
                    group.WeightDecay));
            }
        }
    }

    /// <summary>Optimizer steps taken so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Moves every parameter that has a gradient, then drops the gradients.</summary>
    /// <param name="learningRate">Step size, above 0.</param>
    /// <param name="gradientNormMax">Gradients are scaled down to this Euclidean norm; 0 leaves them as they are.</param>
    /// <returns>The norm of all gradients before clipping.</returns>
    public double Step(double learningRate, double gradientNormMax)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        Steps++;
        var updates = new List<(Slot Slot, Tensor Gradient)>();
        foreach (var slot in _slots)
        {
            if (slot.Parameter.grad is { } gradient)
            {
                updates.Add((slot, gradient.is_contiguous() ? gradient : gradient.contiguous()));
            }
        }
        var norm = Math.Sqrt(updates.Sum(u => SquareSum(u.Gradient)));
        var scale = gradientNormMax > 0 ? Math.Min(1, gradientNormMax / (norm + 1e-6)) : 1;
        foreach (var (slot, gradient) in updates)
        {
            Move(slot, gradient, learningRate, scale);
            slot.Parameter.grad = null;
        }
        return norm;
    }

    /// <summary>The moments under <c>m.NAME</c> and <c>v.NAME</c>, for a checkpoint.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> State()
    {
        foreach (var slot in _slots)
        {
            yield return ("m." + slot.Name, slot.Mean);
            yield return ("v." + slot.Name, slot.Square);
        }
    }

    /// <summary>Takes up the moments that <see cref="State"/> gave.</summary>
    /// <exception cref="KeyNotFoundException">The checkpoint belongs to another set of parameters.</exception>
    public void Restore(long steps, IReadOnlyDictionary<string, Tensor> state)
    {
        using var _ = no_grad();
        Steps = steps;
        foreach (var slot in _slots)
        {
            slot.Mean.copy_(state["m." + slot.Name]);
            slot.Square.copy_(state["v." + slot.Name]);
        }
    }

    public void Dispose()
    {
        foreach (var slot in _slots)
        {
            slot.Mean.Dispose();
            slot.Square.Dispose();
        }
    }

    private static bool Native(Tensor t) =>
        Kernels.Present && t.device.type == DeviceType.CPU && t.dtype == ScalarType.Float32;

    private static unsafe double SquareSum(Tensor gradient)
    {
        if (!Native(gradient))
        {
            var norm = gradient.norm().item<float>();
            return (double)norm * norm;
        }
        var values = Floats(gradient);
        var partial = new double[(values.Length >> 16) + 1];
        fixed (float* g = values)
        fixed (double* p = partial)
        {
            return Kernels.kernel_square_sum(g, values.Length, p);
        }
    }

    private unsafe void Move(Slot slot, Tensor gradient, double rate, double scale)
    {
        var correction1 = 1 - Math.Pow(Beta1, Steps);
        var root2 = Math.Sqrt(1 - Math.Pow(Beta2, Steps));
        if (!Native(slot.Parameter))
        {
            MoveByOperators(slot, gradient, rate, scale, correction1, root2);
            return;
        }
        var values = Floats(slot.Parameter);
        fixed (float* p = values, m = Floats(slot.Mean), v = Floats(slot.Square), g = Floats(gradient))
        {
            Kernels.kernel_adamw(
                p, m, v, g, values.Length, (float)rate, (float)Beta1, (float)Beta2, (float)Epsilon,
                (float)slot.WeightDecay, (float)correction1, (float)root2, (float)scale);
        }
    }

    private static void MoveByOperators(
        Slot slot, Tensor gradient, double rate, double scale, double correction1, double root2)
    {
        using var scope = NewDisposeScope();
        var g = scale < 1 ? gradient.mul(scale) : gradient;
        slot.Mean.mul_(Beta1).add_(g.mul(1 - Beta1));
        slot.Square.mul_(Beta2).addcmul_(g, g, 1 - Beta2);
        slot.Parameter.mul_(1 - (rate * slot.WeightDecay));
        slot.Parameter.addcdiv_(slot.Mean, slot.Square.sqrt().div(root2).add(Epsilon), -rate / correction1);
    }

    private static Span<float> Floats(Tensor t) => MemoryMarshal.Cast<byte, float>(t.bytes);

    private sealed record Slot(string Name, Parameter Parameter, Tensor Mean, Tensor Square, double WeightDecay);
}
