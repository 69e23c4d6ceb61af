using Appliance.Models.Adapters;
using Appliance.Models.Families;
using Appliance.Sdk.Recipes;
using static TorchSharp.torch;

namespace Appliance.Training.Methods;

/// <summary>Moves vectors that stand before every text, as words (<c>prompt</c>) or as keys and values (<c>prefix</c>), and the head.</summary>
/// <remarks>Sources: Lester et al. (2021); Li and Liang (2021), without their reparameterisation.</remarks>
internal sealed class PromptMethod : ITrainingMethod
{
    private const double PrefixSpread = 0.02;

    public void Prepare(ITrainableTask task, Recipe recipe)
    {
        if (task.Module is not Model { WordEmbeddings: { } words } model || model.Config.ModelType is "use-lite" or "t5" or "deberta-v2")
        {
            throw new InvalidDataException($"method: {recipe.Method.ToString().ToLowerInvariant()} has no place in this family; use lora, ia3 or adapter.");
        }
        using (no_grad())
        {
            model.Attach(recipe.Method == TrainingMethod.Prefix ? Prefix(model, recipe.VirtualTokens) : Words(words.weight, recipe));
        }
        TrainingMethods.TrainOnly(task, name => name == "prompt_embeddings");
    }

    // Random words of the vocabulary: a start that the model has seen.
    private static PromptAdapter Words(Tensor table, Recipe recipe)
    {
        var chance = new Random(recipe.Seed);
        var ids = tensor([.. Enumerable.Range(0, recipe.VirtualTokens).Select(_ => chance.NextInt64(table.shape[0]))], device: table.device);
        return new PromptAdapter(table.detach().index_select(0, ids), null);
    }

    private static PromptAdapter Prefix(Model model, int tokens)
    {
        var config = model.Config;
        var layers = config.Int("num_hidden_layers|n_layer|n_layers");
        var heads = config.Int("num_attention_heads|n_head|n_heads");
        var size = config.Int("hidden_size|n_embd|dim|d_model");
        var keys = config.Int("num_key_value_heads", heads);
        var width = (long)config.Int("head_dim", size / heads) * keys;
        return new PromptAdapter(randn([tokens, layers * 2 * width]) * PrefixSpread, (layers, keys));
    }
}
