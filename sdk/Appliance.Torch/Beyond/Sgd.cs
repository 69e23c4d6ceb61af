using static TorchSharp.torch;

namespace Appliance.Torch.Beyond;

/// <summary>Stochastic gradient descent with momentum, as torch.optim.SGD: the decay is part of the gradient.</summary>
/// <param name="momentum">Share of the last direction that is kept, 0 to below 1.</param>
public sealed class Sgd(IEnumerable<ParameterGroup> groups, double momentum) : IOptimizer
{
    private readonly List<Slot> _slots =
    [
        .. groups.SelectMany(g => g.Parameters.Select(p =>
            new Slot(p.Name, p.Parameter, zeros_like(p.Parameter).detach().DetachFromDisposeScope(), g.WeightDecay, g.RateScale))),
    ];

    public long Steps { get; private set; }

    public double Step(double learningRate, double gradientNormMax)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var updates = _slots.Where(s => s.Parameter.grad is not null).Select(s => (Slot: s, Gradient: s.Parameter.grad!)).ToArray(); // filtered
        var norm = GradientNorm.Of(updates.Select(u => u.Gradient));
        var scale = GradientNorm.ClipFactor(norm, gradientNormMax);
        foreach (var (slot, gradient) in updates)
        {
            var direction = gradient * scale;
            direction = slot.WeightDecay > 0 ? direction + (slot.Parameter * slot.WeightDecay) : direction;
            slot.Velocity.mul_(momentum).add_(direction); // the first step's velocity is the direction: it starts at 0
            slot.Parameter.add_(slot.Velocity, -learningRate * slot.RateScale);
            slot.Parameter.grad = null;
        }
        Steps++;
        return norm;
    }

    public IEnumerable<(string Name, Tensor Tensor)> State() => _slots.Select(s => ("velocity." + s.Name, s.Velocity));

    public void Restore(long steps, IReadOnlyDictionary<string, Tensor> state)
    {
        using var _ = no_grad();
        Steps = steps;
        _slots.ForEach(s => s.Velocity.copy_(state["velocity." + s.Name]));
    }

    public void Dispose() => _slots.ForEach(s => s.Velocity.Dispose());

    private sealed record Slot(string Name, TorchSharp.Modules.Parameter Parameter, Tensor Velocity, double WeightDecay, double RateScale);
}
