using Appliance.Sdk.Recipes;

namespace Appliance.Training.Methods;

/// <summary>Low-rank adapters beside a base kept in 4 bits: a quarter of the memory, and the base's gradients are never needed.</summary>
/// <remarks>Source: Dettmers et al., QLoRA (2023): NF4, blocks of 64, scales quantised again to 8 bits.</remarks>
internal sealed class QloraMethod : ITrainingMethod
{
    public void Prepare(ITrainableTask task, Recipe recipe)
    {
        foreach (var (_, projection) in task.AdapterTargets)
        {
            projection.StoreInFourBits();
        }
        LoraMethod.Attach(task, recipe);
    }

    // The weight comes back to float32, as it was seen in training, and takes the adapter in.
    public void Finish(ITrainableTask task)
    {
        foreach (var (_, projection) in task.AdapterTargets)
        {
            projection.StoreInFloat();
            projection.MergeLora();
        }
    }
}
