using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;

namespace Appliance.Models.Families;

/// <summary>Llama 1 to 3, and the relatives that differ in a few switches: Mistral, Qwen2, Qwen3, Gemma.</summary>
/// <remarks>Sources: Touvron et al. (2023), Jiang et al. (2023), the Qwen2 and Qwen3 reports (2024, 2025), the Gemma report (2024).</remarks>
internal static class Llama
{
    internal static Family Family { get; } = Family.Of("llama", (config, kind) => Build(config, kind, Common(config, "silu") with
    {
        QkvBias = config.Flag("attention_bias", false),
        OutputBias = config.Flag("attention_bias", false),
        FeedForwardBias = config.Flag("mlp_bias", false),
    }));

    internal static Family Mistral { get; } = Family.Of("mistral", (config, kind) =>
    {
        int? window = config.Has("sliding_window") ? config.Int("sliding_window") : null;
        return Build(config, kind, Common(config, "silu", keyHeads: 8) with { Window = _ => window });
    });

    internal static Family Qwen2 { get; } = Family.Of("qwen2", (config, kind) =>
        Build(config, kind, Common(config, "silu", keyHeads: 32) with { QkvBias = true, Window = QwenWindow(config) }));

    internal static Family Qwen3 { get; } = Family.Of("qwen3", (config, kind) => Build(config, kind,
        Common(config, "silu", keyHeads: 32, headSize: 128) with
        {
            QkNorm = true,
            QkvBias = config.Flag("attention_bias", false),
            OutputBias = config.Flag("attention_bias", false),
            Window = QwenWindow(config),
        }));

    internal static Family Gemma { get; } = Family.Of("gemma", (config, kind) =>
    {
        _ = config.TextOrNull("hidden_act"); // the reference ignores it: the first files named the wrong function
        var shape = Common(config, "gelu_pytorch_tanh", "hidden_activation", keyHeads: 16, headSize: 256) with
        {
            NormOffset = 1,
            QkvBias = config.Flag("attention_bias", false),
            OutputBias = config.Flag("attention_bias", false),
        };
        return Build(config, kind, shape, tiedDefault: true, scale: Math.Sqrt(shape.Hidden));
    });

    internal static readonly NameRules Rules = new("model.", [], ["rotary_emb.inv_freq"], new Dictionary<string, string>());

    private static LlamaShape Common(
        ModelConfig config, string activation, string activationField = "hidden_act", int? keyHeads = null, int? headSize = null)
    {
        var (hidden, heads) = (config.Int("hidden_size"), config.Int("num_attention_heads"));
        var groups = config.Int("num_key_value_heads", keyHeads is { } g && heads % g == 0 ? g : heads);
        var size = config.Int("head_dim", headSize ?? Math.Max(1, hidden / heads));
        if (heads % groups != 0 || (headSize is null && !config.Has("head_dim") && hidden % heads != 0))
        {
            config.Problem($"num_attention_heads {heads} does not fit hidden_size {hidden} and num_key_value_heads {groups}");
        }
        return new LlamaShape(hidden, heads, groups, size, config.Int("intermediate_size"),
            Activation.Of(config, activationField, activation), config.Number("rms_norm_eps", 1e-6), new Rotary(config, size));
    }

    // Qwen's windows hold from a layer on, and only where a switch is on; newer files say it layer by layer.
    private static Func<int, int?> QwenWindow(ModelConfig config)
    {
        int? window = config.Has("sliding_window") ? config.Int("sliding_window") : null;
        var on = config.Flag("use_sliding_window", false);
        var first = config.Int("max_window_layers", 28, min: 0);
        var kinds = config.Texts("layer_types");
        return layer => (kinds.Length > layer ? kinds[layer] == "sliding_attention" : on && layer >= first) ? window : null;
    }

    private static Model Build(ModelConfig config, HeadKind kind, LlamaShape shape, bool tiedDefault = false, double scale = 1)
    {
        var plan = new DecoderPlan(
            config.Int("vocab_size"),
            shape.Hidden,
            config.Int("num_hidden_layers", min: 0),
            shape.Epsilon,
            "embed_tokens",
            "layers.{0}",
            "norm",
            () => new RmsNorm(shape.Hidden, shape.Epsilon, shape.NormOffset),
            _ => new LlamaLayer(shape),
            shape.Rotary,
            EmbeddingScale: scale,
            PaddingRow: true);
        var head = new DecoderHeadNames("model", "lm_head", config.Flag("tie_word_embeddings", tiedDefault));
        config.Check();
        return DecoderHeads.Finish(new Decoder(config, "Llama", plan, Rules), head, kind);
    }
}
