using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;
using static TorchSharp.torch;

namespace Appliance.Models.Families;

/// <summary>GPT-NeoX and Pythia: a part of each head is turned, attention and feed-forward stand side by side.</summary>
/// <remarks>Source: Black et al. (2022). Queries, keys and values of one head lie together in the fused matrix.</remarks>
internal static class GptNeoX
{
    internal static Family Family { get; } = Family.Of("gpt_neox", Build);

    private static readonly NameRules Rules = new("gpt_neox.", [],
        [".attention.bias", ".attention.masked_bias", "rotary_emb.inv_freq"], new Dictionary<string, string>());

    private static Model Build(ModelConfig config, HeadKind kind)
    {
        var (hidden, heads) = (config.Int("hidden_size"), config.Int("num_attention_heads"));
        if (hidden % heads != 0)
        {
            config.Problem($"hidden_size {hidden} is not a multiple of num_attention_heads {heads}");
        }
        var epsilon = config.Number("layer_norm_eps", 1e-5);
        var size = (int)((double)(hidden / heads) * config.Number("rotary_pct|partial_rotary_factor", 0.25));
        var shape = new Shape(hidden, heads, config.Int("intermediate_size"), epsilon, Activation.Of(config, "hidden_act", "gelu"),
            new Rotary(config, size), config.Flag("attention_bias", true), config.Flag("use_parallel_residual", true));
        var plan = new DecoderPlan(
            config.Int("vocab_size"),
            hidden,
            config.Int("num_hidden_layers", min: 0),
            epsilon,
            "embed_in",
            "layers.{0}",
            "final_layer_norm",
            () => new Norm(hidden, epsilon),
            _ => new Layer(shape),
            shape.Rotary);
        var head = new DecoderHeadNames("gpt_neox", "embed_out", config.Flag("tie_word_embeddings", false));
        config.Check();
        return DecoderHeads.Finish(new Decoder(config, "GptNeoX", plan, Rules), head, kind);
    }

    private sealed record Shape(
        int Hidden, int Heads, int Intermediate, double Epsilon, Func<Tensor, Tensor> Activation, Rotary Rotary, bool Bias, bool Parallel);

    private sealed class Layer : DecoderLayer
    {
        private readonly Shape _shape;
        private readonly Norm _attentionNorm;
        private readonly Norm _feedNorm;
        private readonly Projection _qkv;
        private readonly Projection _output;
        private readonly Projection _expand;
        private readonly Projection _contract;

        internal Layer(Shape s)
            : base(nameof(GptNeoX))
        {
            _shape = s;
            _attentionNorm = Add("input_layernorm", new Norm(s.Hidden, s.Epsilon));
            _feedNorm = Add("post_attention_layernorm", new Norm(s.Hidden, s.Epsilon));
            _qkv = Add("attention.query_key_value", new Projection(s.Hidden, 3 * s.Hidden, s.Bias));
            _output = Add("attention.dense", new Projection(s.Hidden, s.Hidden, s.Bias));
            _expand = Add("mlp.dense_h_to_4h", new Projection(s.Hidden, s.Intermediate, bias: true));
            _contract = Add("mlp.dense_4h_to_h", new Projection(s.Intermediate, s.Hidden, bias: true));
        }

        public override Tensor call(Tensor x, DecoderPass pass, int layer)
        {
            var attended = Attended(_attentionNorm.call(x), pass, layer);
            if (_shape.Parallel)
            {
                return x + attended + Fed(x);
            }
            x = x + attended;
            return x + Fed(x);
        }

        private Tensor Attended(Tensor x, DecoderPass pass, int layer)
        {
            var z = _qkv.call(x);
            var (b, t, d) = (z.shape[0], z.shape[1], _shape.Hidden / _shape.Heads);
            var parts = z.view(b, t, _shape.Heads, 3, d).permute(3, 0, 2, 1, 4).unbind(0); // 3 × [b, heads, t, d]
            return _output.call(SelfAttention.Causal(parts[0], parts[1], parts[2], pass, layer, _shape.Rotary, 1 / Math.Sqrt(d)));
        }

        private Tensor Fed(Tensor x) => _contract.call(_shape.Activation(_expand.call(_feedNorm.call(x))));
    }
}
