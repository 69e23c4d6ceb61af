using Appliance.Sdk.Recipes;

namespace Appliance.Training.Methods;

/// <summary>Moves the last layers and what stands above them; the lower ones stay as they are.</summary>
internal sealed class FreezeMethod : ITrainingMethod
{
    public void Prepare(ITrainableTask task, Recipe recipe)
    {
        var layers = new Layers(task);
        if (recipe.TrainedLayers > layers.Count)
        {
            throw new InvalidDataException($"trained_layers is {recipe.TrainedLayers}, the model has {layers.Count} layers.");
        }
        // Poolers and last norms have no number and stand above the layers: they learn with the head.
        TrainingMethods.TrainOnly(task, name => layers.Of(name) > layers.Count - recipe.TrainedLayers
            || (layers.Of(name) == 0 && (name.Contains("pooler", StringComparison.Ordinal) || name.Contains("ln_f", StringComparison.Ordinal))));
    }
}
