using Appliance.Models.Adapters;
using Appliance.Models.Families;
using Appliance.Sdk.Recipes;

namespace Appliance.Training.Methods;

/// <summary>Moves what stays beside the weights, and the head: bottlenecks (<c>adapter</c>), learnt keys and values (<c>prefix</c>), learnt words (<c>prompt</c>).</summary>
/// <param name="parts">How the parameters that learn are called.</param>
internal sealed class KeptMethod(string parts) : ITrainingMethod
{
    /// <summary>What a recipe's method leaves beside the weights; null for most.</summary>
    internal static KeptAdapter? Of(Recipe recipe) => recipe.Method switch
    {
        TrainingMethod.Adapter => new KeptAdapter("adapter", recipe.BottleneckSize),
        TrainingMethod.Prefix => new KeptAdapter("prefix", recipe.VirtualTokens),
        TrainingMethod.Prompt => new KeptAdapter("prompt", recipe.VirtualTokens),
        _ => null,
    };

    public void Prepare(ITrainableTask task, Recipe recipe)
    {
        var kept = Of(recipe)!; // asked only for these methods
        try
        {
            kept.Attach(task.Module as Model ?? throw new NotSupportedException($"{kept.Kind} needs one of our models."), new Random(recipe.Seed));
        }
        catch (NotSupportedException e)
        {
            throw new InvalidDataException("method: " + e.Message, e);
        }
        if (!task.Module.named_parameters().Any(p => p.name.Contains(parts, StringComparison.Ordinal)))
        {
            throw new InvalidDataException($"method: {kept.Kind} has no place in this family; use lora, ia3 or full.");
        }
        TrainingMethods.TrainOnly(task, name => name.Contains(parts, StringComparison.Ordinal));
    }
}
