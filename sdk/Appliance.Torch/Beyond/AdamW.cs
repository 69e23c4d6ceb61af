using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Torch.Beyond;

/// <summary>AdamW with the clipping factor folded in: one pass over memory per step instead of a dozen.</summary>
/// <remarks>
/// Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization (2019). Same update as torch.optim.AdamW
/// (decay first, bias correction, epsilon outside of the root). On CUDA, or without the kernel, plain operators do it.
/// </remarks>
public sealed class AdamW : IOptimizer
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
                    group.WeightDecay,
                    group.RateScale));
            }
        }
    }

    public long Steps { get; private set; }

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
        var norm = GradientNorm.Of(updates.Select(u => u.Gradient));
        var scale = GradientNorm.ClipFactor(norm, gradientNormMax);
        foreach (var (slot, gradient) in updates)
        {
            Move(slot, gradient, learningRate * slot.RateScale, scale);
            slot.Parameter.grad = null;
        }
        return norm;
    }

    public IEnumerable<(string Name, Tensor Tensor)> State()
    {
        foreach (var slot in _slots)
        {
            yield return ("m." + slot.Name, slot.Mean);
            yield return ("v." + slot.Name, slot.Square);
        }
    }

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

    private unsafe void Move(Slot slot, Tensor gradient, double rate, double scale)
    {
        var correction1 = 1 - Math.Pow(Beta1, Steps);
        var root2 = Math.Sqrt(1 - Math.Pow(Beta2, Steps));
        if (!GradientNorm.IsPlain(slot.Parameter))
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

    private sealed record Slot(string Name, Parameter Parameter, Tensor Mean, Tensor Square, double WeightDecay, double RateScale);
}
