using System.Text.Json;
using Appliance.Models.Config;
using Appliance.Models.Families;
using static TorchSharp.torch;

namespace Appliance.Models.Adapters;

/// <summary>An adapter that no weight can take in: named in config.json, so that a saved model opens with it.</summary>
/// <param name="Kind"><c>adapter</c> (bottlenecks), <c>prefix</c> or <c>prompt</c>.</param>
/// <param name="Size">Width of the bottlenecks, or number of learnt vectors.</param>
/// <remarks>Sources: Houlsby et al. (2019); Li and Liang (2021), without their reparameterisation; Lester et al. (2021).</remarks>
public sealed record KeptAdapter(string Kind, int Size)
{
    /// <summary>The field of config.json.</summary>
    public const string Field = "kept_adapter";

    private const double PrefixSpread = 0.02;
    private const int SizeMax = 1024;

    // The last projection of attention and of feed-forward, as the families call them.
    private static readonly string[] Ends =
    [
        "attention.output.dense", "output.dense", "out_lin", "lin2", "o_proj", "down_proj", "attn_out", "fc2", "attn.c_proj", "mlp.c_proj",
        "attention.dense", "dense_4h_to_h", "self_attn.dense", "attention.attn.o", "SelfAttention.o", "DenseReluDense.wo", "DenseReluDense.wo_0",
    ];

    /// <summary>What a saved model was trained with; null for none.</summary>
    /// <exception cref="ModelConfigException">The field is there and makes no sense.</exception>
    public static KeptAdapter? Of(ModelConfig config)
    {
        if (!config.Has(Field))
        {
            return null;
        }
        var (kind, size) = (config.OneOf(Field, "adapter", ["adapter", "prefix", "prompt"]), config.Int(Field + "_size", 0, min: 0));
        return size is > 0 and <= SizeMax
            ? new KeptAdapter(kind, size)
            : throw new ModelConfigException(config.File, [$"{Field}_size is not from 1 to {SizeMax}"]);
    }

    /// <summary>The fields for config.json.</summary>
    public IReadOnlyDictionary<string, JsonElement> Fields() => new Dictionary<string, JsonElement>
    {
        [Field] = JsonSerializer.SerializeToElement(Kind), [Field + "_size"] = JsonSerializer.SerializeToElement(Size),
    };

    /// <summary>Puts the adapter beside the model's weights, ready to learn or to be filled from a file.</summary>
    /// <param name="chance">Which words of the vocabulary a prompt starts from.</param>
    /// <exception cref="NotSupportedException">The family has no place for it.</exception>
    public void Attach(Model model, Random chance)
    {
        using var _ = no_grad();
        if (Kind == "adapter")
        {
            foreach (var (name, projection) in model.Projections.Where(p => Ends.Any(e => p.Name == e || p.Name.EndsWith("." + e, StringComparison.Ordinal))).ToArray())
            {
                projection.Attach(BottleneckAdapter.New(projection, Size));
            }
            return;
        }
        if (model.WordEmbeddings is not { } words || model.Config.ModelType is "use-lite" or "t5" or "deberta-v2")
        {
            throw new NotSupportedException($"{Kind} has no place in this family; use lora, ia3 or adapter.");
        }
        model.Attach(Kind == "prefix" ? Prefix(model) : Words(words.weight, chance));
    }

    // Random words of the vocabulary: a start that the model has seen.
    private PromptAdapter Words(Tensor table, Random chance)
    {
        var ids = tensor([.. Enumerable.Range(0, Size).Select(_ => chance.NextInt64(table.shape[0]))], device: table.device);
        return new PromptAdapter(table.detach().index_select(0, ids), null);
    }

    private PromptAdapter Prefix(Model model)
    {
        var config = model.Config;
        var layers = config.Int("num_hidden_layers|n_layer|n_layers");
        var heads = config.Int("num_attention_heads|n_head|n_heads");
        var size = config.Int("hidden_size|n_embd|dim|d_model");
        var keys = config.Int("num_key_value_heads", heads);
        var width = (long)config.Int("head_dim", size / heads) * keys;
        return new PromptAdapter(randn([Size, layers * 2 * width]) * PrefixSpread, (layers, keys));
    }
}
