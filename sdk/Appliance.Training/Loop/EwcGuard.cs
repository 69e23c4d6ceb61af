using Appliance.Sdk.Recipes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Training;

/// <summary>Elastic weight consolidation: weights that mattered for old examples are pulled back to where they were.</summary>
/// <remarks>
/// Source: Kirkpatrick et al., Overcoming catastrophic forgetting (2017): the loss gains λ/2 Σ F (θ − θ₀)², F the mean squared
/// gradient on the old examples. Without any, F is 1 everywhere: plain L2 to the start.
/// </remarks>
internal sealed class EwcGuard : IDisposable
{
    private const double StrengthDefault = 100;
    private const int ExamplesMax = 200;
    private readonly List<(Parameter Parameter, Tensor Start, Tensor Importance)> _held = [];
    private readonly double _strength;

    internal EwcGuard(Recipe recipe, ITrainableTask task, IEnumerable<(string Name, Parameter Parameter)> learnt, IReadOnlyList<Item> old)
    {
        _strength = recipe.ForgettingStrength > 0 ? recipe.ForgettingStrength : StrengthDefault;
        foreach (var (name, parameter) in learnt.Where(p => !task.IsHead(p.Name)))
        {
            using var _ = no_grad();
            var importance = old.Count > 0 ? zeros_like(parameter) : ones(parameter.shape, device: parameter.device);
            _held.Add((parameter, parameter.detach().clone().DetachFromDisposeScope(), importance.detach().DetachFromDisposeScope()));
        }
        var sample = old.Take(ExamplesMax).ToArray();
        foreach (var item in sample)
        {
            using var scope = NewDisposeScope();
            task.Loss([item], new BatchContext(new Random(recipe.Seed))).backward();
            task.AfterBackward();
            using var _ = no_grad();
            foreach (var (parameter, _, importance) in _held.Where(h => h.Parameter.grad is not null))
            {
                importance.add_(parameter.grad!.square(), 1.0 / sample.Length); // filtered
            }
            foreach (var (_, parameter) in task.Module.named_parameters())
            {
                parameter.grad = null;
            }
        }
    }

    /// <summary>Adds the pull to the gradients.</summary>
    internal void Pull()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        foreach (var (parameter, start, importance) in _held)
        {
            parameter.grad?.add_((parameter.detach() - start) * importance, _strength);
        }
    }

    public void Dispose() => _held.ForEach(h =>
    {
        h.Start.Dispose();
        h.Importance.Dispose();
    });
}
