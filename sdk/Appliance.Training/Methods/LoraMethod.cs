using Appliance.Models.Adapters;
using Appliance.Models.Parts;
using Appliance.Sdk.Recipes;

namespace Appliance.Training.Methods;

/// <summary>Moves small low-rank adapters beside the frozen base, and the head; merged into the weights at the end.</summary>
/// <remarks>LoRA (Hu et al. 2021); rsLoRA (Kalajdzievski 2023) scales by α/√r; DoRA (Liu et al. 2024) adds a learnt length a row.</remarks>
internal sealed class LoraMethod : ITrainingMethod
{
    public void Prepare(ITrainableTask task, Recipe recipe) => Attach(task, recipe);

    public void Finish(ITrainableTask task)
    {
        foreach (var (_, projection) in task.AdapterTargets)
        {
            projection.MergeLora();
        }
    }

    internal static void Attach(ITrainableTask task, Recipe recipe)
    {
        var lora = recipe.Lora;
        var scale = recipe.Method == TrainingMethod.Rslora ? lora.Alpha / Math.Sqrt(lora.Rank) : lora.Alpha / lora.Rank;
        foreach (var (_, projection) in Targets(task, lora.TargetModules))
        {
            projection.Attach(LoraAdapter.New(projection, lora.Rank, scale, lora.Dropout, recipe.Method == TrainingMethod.Dora));
        }
        TrainingMethods.TrainOnly(task, name => name.Contains(".lora_", StringComparison.Ordinal));
    }

    /// <summary>The projections whose names end like one of the targets; all without targets.</summary>
    /// <exception cref="InvalidDataException">None does.</exception>
    internal static IReadOnlyList<(string Name, Projection Projection)> Targets(ITrainableTask task, IReadOnlyList<string> targets)
    {
        var all = task.AdapterTargets.ToArray();
        var found = targets.Count == 0 ? all : [.. all.Where(p => targets.Any(t => p.Name == t || p.Name.EndsWith("." + t, StringComparison.Ordinal)))];
        return found.Length > 0
            ? found
            : throw new InvalidDataException(all.Length == 0
                ? "This model has no projections to put adapters beside, as conv nets have none: use method: full, freeze or head."
                : $"No projection of this model ends in {string.Join(" or ", targets)}; it has: {string.Join(", ", all.Select(p => p.Name.Split('.')[^1]).Distinct().Take(12))}.");
    }
}
