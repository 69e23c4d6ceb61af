using Appliance.Sdk.Recipes;

namespace Appliance.Training.Methods;

/// <summary>Moves small adapters beside the frozen base, and the head; merged into the weights at the end.</summary>
internal sealed class LoraMethod : ITrainingMethod
{
    public bool FreezesBase => false;

    public void Prepare(ITrainableTask task, Recipe recipe)
    {
        foreach (var (_, projection) in task.AdapterTargets)
        {
            projection.AttachLora(recipe.Lora.Rank, recipe.Lora.Alpha, recipe.Lora.Dropout);
        }
        TrainingMethods.TrainOnly(task, name => task.IsHead(name) || name.Contains(".lora_", StringComparison.Ordinal));
    }

    public void Finish(ITrainableTask task)
    {
        foreach (var (_, projection) in task.AdapterTargets)
        {
            projection.MergeLora();
        }
    }
}
