using Appliance.Models.Adapters;
using Appliance.Models.Families;
using Appliance.Sdk.Recipes;

namespace Appliance.Training.Methods;

/// <summary>Moves what stays beside the weights, and the head: bottlenecks (<c>adapter</c>), learnt keys and values (<c>prefix</c>), learnt words (<c>prompt</c>).</summary>
/// <param name="parts">How the parameters that learn are called.</param>
internal sealed class KeptMethod(string parts) : ITrainingMethod
{
    public void Prepare(ITrainableTask task, Recipe recipe)
    {
        var kind = recipe.Method.ToString().ToLowerInvariant();
        try
        {
            var size = recipe.Method == TrainingMethod.Adapter ? recipe.BottleneckSize : recipe.VirtualTokens;
            new KeptAdapter(kind, size).Attach(task.Module as Model ?? throw new NotSupportedException($"{kind} needs one of our models."), new Random(recipe.Seed));
        }
        catch (NotSupportedException e)
        {
            throw new InvalidDataException("method: " + e.Message, e);
        }
        if (!task.Module.named_parameters().Any(p => p.name.Contains(parts, StringComparison.Ordinal)))
        {
            throw new InvalidDataException($"method: {kind} has no place in this family; use lora, ia3 or full.");
        }
        TrainingMethods.TrainOnly(task, name => name.Contains(parts, StringComparison.Ordinal));
    }
}
