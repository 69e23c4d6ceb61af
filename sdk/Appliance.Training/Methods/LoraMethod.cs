using Appliance.Models.Adapters;
using Appliance.Models.Families;
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
        foreach (var (_, convolution) in Convolutions(task))
        {
            convolution.MergeLora();
        }
    }

    internal static void Attach(ITrainableTask task, Recipe recipe)
    {
        var lora = recipe.Lora;
        var scale = recipe.Method == TrainingMethod.Rslora ? lora.Alpha / Math.Sqrt(lora.Rank) : lora.Alpha / lora.Rank;
        var (projections, convolutions) = Targets(task, lora.TargetModules);
        if (convolutions.Count > 0 && recipe.Method is (TrainingMethod.Dora or TrainingMethod.Qlora))
        {
            throw new InvalidDataException("method: beside convolutions stand plain adapters only; use lora or rslora.");
        }
        foreach (var (_, projection) in projections)
        {
            projection.Attach(LoraAdapter.New(projection, lora.Rank, scale, lora.Dropout, recipe.Method == TrainingMethod.Dora));
        }
        foreach (var (_, convolution) in convolutions)
        {
            convolution.Attach(ConvolutionLora.New(convolution, lora.Rank, scale, lora.Dropout));
        }
        TrainingMethods.TrainOnly(task, name => name.Contains(".lora_", StringComparison.Ordinal));
    }

    // Those whose names end like one of the targets. Without targets all projections; of a conv net, which has none, all convolutions.
    internal static (IReadOnlyList<(string Name, Projection Projection)> Projections, IReadOnlyList<(string Name, Convolution Convolution)> Convolutions) Targets(
        ITrainableTask task, IReadOnlyList<string> targets)
    {
        var (projections, convolutions) = (task.AdapterTargets.ToArray(), Convolutions(task).ToArray());
        if (targets.Count == 0)
        {
            return projections.Length > 0 ? (projections, []) : convolutions.Length > 0 ? ([], convolutions)
                : throw new InvalidDataException("This model has nothing to put adapters beside: use method: full, freeze or head.");
        }
        bool Chosen(string name) => targets.Any(t => name == t || name.EndsWith("." + t, StringComparison.Ordinal));
        projections = [.. projections.Where(p => Chosen(p.Name))];
        convolutions = [.. convolutions.Where(c => Chosen(c.Name))];
        return projections.Length + convolutions.Length > 0 ? (projections, convolutions) : throw new InvalidDataException(
            $"Nothing in this model that takes an adapter ends in {string.Join(" or ", targets)}; it has: {string.Join(", ", Names(task).Distinct().Take(12))}.");
    }

    private static IEnumerable<string> Names(ITrainableTask task) =>
        task.AdapterTargets.Select(p => p.Name).Concat(Convolutions(task).Select(c => c.Name)).Select(n => n.Split('.')[^1]);

    private static IEnumerable<(string Name, Convolution Convolution)> Convolutions(ITrainableTask task) => task.Module is Model model
        ? model.Convolutions.Where(c => c.Convolution.Adaptable && !task.IsHead(c.Name + ".weight"))
        : [];
}
