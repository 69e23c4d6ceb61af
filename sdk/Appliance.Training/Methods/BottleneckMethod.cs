using Appliance.Models.Adapters;
using Appliance.Sdk.Recipes;

namespace Appliance.Training.Methods;

/// <summary>Moves small bottlenecks after the attention and the feed-forward of each layer, and the head.</summary>
/// <remarks>Source: Houlsby et al., Parameter-Efficient Transfer Learning for NLP (2019).</remarks>
internal sealed class BottleneckMethod : ITrainingMethod
{
    // The last projection of attention and of feed-forward, as the families call them.
    private static readonly string[] Ends =
    [
        "attention.output.dense", "output.dense", "out_lin", "lin2", "o_proj", "down_proj", "attn_out", "fc2", "attn.c_proj", "mlp.c_proj",
        "attention.dense", "dense_4h_to_h", "self_attn.dense", "attention.attn.o", "SelfAttention.o", "DenseReluDense.wo", "DenseReluDense.wo_0",
    ];

    public void Prepare(ITrainableTask task, Recipe recipe)
    {
        foreach (var (_, projection) in LoraMethod.Targets(task, Ends))
        {
            projection.Attach(BottleneckAdapter.New(projection, recipe.BottleneckSize));
        }
        TrainingMethods.TrainOnly(task, name => name.Contains(".adapter_", StringComparison.Ordinal));
    }
}
