using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;
using static TorchSharp.torch;

namespace Appliance.Models.Families;

/// <summary>GPT-2. Source: Radford et al. (2019). Its matrices are stored [in, out].</summary>
internal static class Gpt2
{
    internal static Family Family { get; } = Family.Of("gpt2", Build);

    // The hub's files keep the causal mask as h.N.attn.bias; c_attn.bias is a real one.
    private static readonly NameRules Rules = new("transformer.", [], [".attn.bias", ".attn.masked_bias"], new Dictionary<string, string>());

    private static Model Build(ModelConfig config, HeadKind kind)
    {
        var (hidden, heads) = (config.Int("n_embd|hidden_size"), config.Int("n_head|num_attention_heads"));
        if (hidden % heads != 0)
        {
            config.Problem($"n_embd {hidden} is not a multiple of n_head {heads}");
        }
        var inner = config.Int("n_inner", 4 * hidden);
        var epsilon = config.Number("layer_norm_epsilon", 1e-5);
        var activation = Activation.Of(config, "activation_function", "gelu_new");
        var scale = config.Flag("scale_attn_weights", true) ? 1 / Math.Sqrt((double)hidden / Math.Max(1, heads)) : 1;
        var byLayer = config.Flag("scale_attn_by_inverse_layer_idx", false);
        _ = config.Flag("reorder_and_upcast_attn", false); // the order of the same product
        var plan = new DecoderPlan(
            config.Int("vocab_size"),
            hidden,
            config.Int("n_layer|num_hidden_layers", min: 0),
            epsilon,
            "wte",
            "h.{0}",
            "ln_f",
            () => new Norm(hidden, epsilon),
            layer => new Layer(hidden, heads, inner, epsilon, activation, byLayer ? scale / (layer + 1) : scale),
            Positions: ("wpe", config.Int("n_positions|max_position_embeddings")));
        var head = new DecoderHeadNames("transformer", "lm_head", config.Flag("tie_word_embeddings", true));
        config.Check();
        return DecoderHeads.Finish(new Decoder(config, "Gpt2", plan, Rules), head, kind);
    }

    private sealed class Layer : DecoderLayer
    {
        private readonly int _heads;
        private readonly double _scale;
        private readonly Func<Tensor, Tensor> _activation;
        private readonly Norm _attentionNorm;
        private readonly Norm _feedNorm;
        private readonly Projection _qkv;
        private readonly Projection _output;
        private readonly Projection _expand;
        private readonly Projection _contract;

        internal Layer(int hidden, int heads, int inner, double epsilon, Func<Tensor, Tensor> activation, double scale)
            : base(nameof(Gpt2))
        {
            (_heads, _activation, _scale) = (heads, activation, scale);
            _attentionNorm = Add("ln_1", new Norm(hidden, epsilon));
            _qkv = Add("attn.c_attn", new Projection(hidden, 3 * hidden, bias: true, transposed: true));
            _output = Add("attn.c_proj", new Projection(hidden, hidden, bias: true, transposed: true));
            _feedNorm = Add("ln_2", new Norm(hidden, epsilon));
            _expand = Add("mlp.c_fc", new Projection(hidden, inner, bias: true, transposed: true));
            _contract = Add("mlp.c_proj", new Projection(inner, hidden, bias: true, transposed: true));
        }

        public override Tensor call(Tensor x, DecoderPass pass, int layer)
        {
            var z = _qkv.call(_attentionNorm.call(x)); // [b, t, 3h]
            var (b, t, h) = (z.shape[0], z.shape[1], z.shape[2] / 3);
            var parts = z.view(b, t, 3, _heads, h / _heads).permute(2, 0, 3, 1, 4).unbind(0); // 3 × [b, heads, t, d]
            x = x + _output.call(SelfAttention.Causal(parts[0], parts[1], parts[2], pass, layer, null, _scale));
            return x + _contract.call(_activation(_expand.call(_feedNorm.call(x))));
        }
    }
}
