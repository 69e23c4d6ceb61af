using static TorchSharp.torch;

namespace Appliance.Models.Parts;

/// <summary>Keeps only what goes into each layer; what happens inside is computed again in the backward pass. Memory for time.</summary>
/// <remarks>
/// Source: Chen et al., Training Deep Nets with Sublinear Memory Cost (2016). Autograd sees a chain of leaves: after the loss's own
/// backward pass, <see cref="Backward"/> goes back from layer to layer. Dropout draws the same again.
/// </remarks>
public sealed class Recomputation
{
    private readonly List<(Tensor Source, Func<Tensor, Tensor> Layer, Tensor Output, Tensor Generator)> _layers = [];

    /// <summary>A layer's output; its gradient stops there until <see cref="Backward"/>.</summary>
    public Tensor Run(Tensor x, Func<Tensor, Tensor> layer)
    {
        var generator = random.get_rng_state();
        Tensor output;
        using (no_grad())
        {
            output = layer(x.detach()).detach();
        }
        output.requires_grad = true;
        _layers.Add((x, layer, output, generator));
        return output;
    }

    /// <summary>Carries the loss's gradient through all layers to what stood before the first; then forgets them.</summary>
    public void Backward()
    {
        using var after = random.get_rng_state();
        for (var k = _layers.Count - 1; k >= 0; k--)
        {
            using var scope = NewDisposeScope();
            var (source, layer, output, generator) = _layers[k];
            if (output.grad is not { } gradient)
            {
                continue; // nobody read this layer's output
            }
            random.set_rng_state(generator);
            var input = source.detach();
            input.requires_grad = true;
            (layer(input) * gradient).sum().backward();
            if (source.requires_grad && input.grad is { } down)
            {
                (source * down).sum().backward();
            }
        }
        random.set_rng_state(after);
        _layers.Clear();
    }
}
