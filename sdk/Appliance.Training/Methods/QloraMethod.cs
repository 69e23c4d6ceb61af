using Appliance.Models.Families;
using Appliance.Models.Parts;
using Appliance.Sdk.Recipes;

namespace Appliance.Training.Methods;

/// <summary>Low-rank adapters beside a base kept in 4 bits, its word vectors in 8: an eighth and a quarter of the memory.</summary>
/// <remarks>
/// Source: Dettmers et al., QLoRA (2023): NF4, blocks of 64, scales quantised again to 8 bits. Word vectors are looked up and not multiplied:
/// 8 bits a number under a row's largest one; where they also score words, each step expands them.
/// </remarks>
internal sealed class QloraMethod : ITrainingMethod
{
    public void Prepare(ITrainableTask task, Recipe recipe)
    {
        foreach (var (_, projection) in task.AdapterTargets)
        {
            projection.StoreInFourBits();
        }
        Words(task)?.StoreInEightBits();
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
        Words(task)?.StoreInFloat();
    }

    private static TokenTable? Words(ITrainableTask task) => (task.Module as Model)?.WordEmbeddings;
}
