using Appliance.Models.Adapters;
using Appliance.Sdk.Recipes;

namespace Appliance.Training.Methods;

/// <summary>Moves one factor per key, value and inner feature; merged into the weights at the end.</summary>
/// <remarks>Source: Liu et al., Few-Shot Parameter-Efficient Fine-Tuning (2022).</remarks>
internal sealed class Ia3Method : ITrainingMethod
{
    private static readonly string[] Outputs = ["key", "value", "k_proj", "v_proj", "k_lin", "v_lin", "qkv", "c_attn", "query_key_value", "key_proj", "value_proj", "k", "v"];
    private static readonly string[] Inputs = ["output.dense", "lin2", "down_proj", "fc2", "mlp.c_proj", "dense_4h_to_h", "wo"];

    public void Prepare(ITrainableTask task, Recipe recipe)
    {
        foreach (var (name, projection) in LoraMethod.Targets(task, [.. Outputs, .. Inputs]).Projections)
        {
            if (!name.EndsWith("attention.output.dense", StringComparison.Ordinal))
            {
                var onInput = Inputs.Any(i => name.EndsWith("." + i, StringComparison.Ordinal));
                projection.Attach(Ia3Adapter.New(projection, onInput));
            }
        }
        TrainingMethods.TrainOnly(task, name => name.EndsWith(".ia3_l", StringComparison.Ordinal));
    }

    public void Finish(ITrainableTask task)
    {
        foreach (var (_, projection) in task.AdapterTargets)
        {
            projection.MergeLora();
        }
    }
}
