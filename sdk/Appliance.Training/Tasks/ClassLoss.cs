using Appliance.Sdk.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>Cross-entropy over classes, with label smoothing and class weights.</summary>
internal sealed class ClassLoss(Recipe recipe, int classes)
{
    private double[]? _weights;

    /// <summary>Learns the classes' shares; needed for balanced weights only.</summary>
    internal void Count(IReadOnlyList<Item> train)
    {
        if (recipe.ClassWeights == ClassWeights.Balanced)
        {
            _weights = [.. Enumerable.Range(0, classes).Select(c => train.Count / (double)(classes * Math.Max(1, train.Count(i => i.Label == c))))];
        }
    }

    // logits [b, c], labels [b] → scalar
    internal Tensor Of(Tensor logits, Tensor labels)
    {
        using var weights = _weights is null ? null : tensor(Array.ConvertAll(_weights, w => (float)w), device: logits.device);
        return nn.functional.cross_entropy(logits, labels, weights, label_smoothing: recipe.LabelSmoothing);
    }
}
