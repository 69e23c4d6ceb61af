using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;
using static TorchSharp.torch;

namespace Appliance.Models.Families;

/// <summary>Phi-1, 1.5 and 2: one norm a layer, attention and feed-forward side by side, biases everywhere.</summary>
/// <remarks>Source: Gunasekar et al., Textbooks Are All You Need (2023).</remarks>
internal static class Phi
{
    internal static Family Family { get; } = Family.Of("phi", Build);

    private static Model Build(ModelConfig config, HeadKind kind)
    {
        var (hidden, heads) = (config.Int("hidden_size"), config.Int("num_attention_heads"));
        var groups = config.Int("num_key_value_heads", heads);
        if (hidden % heads != 0 || heads % groups != 0)
        {
            config.Problem($"num_attention_heads {heads} does not fit hidden_size {hidden} and num_key_value_heads {groups}");
        }
        var epsilon = config.Number("layer_norm_eps", 1e-5);
        var size = (int)(config.Number("partial_rotary_factor", 0.5) * (hidden / heads));
        var shape = new Shape(hidden, heads, groups, config.Int("intermediate_size"), epsilon,
            Activation.Of(config, "hidden_act", "gelu_new"), new Rotary(config, size), config.Flag("qk_layernorm", false));
        var plan = new DecoderPlan(
            config.Int("vocab_size"),
            hidden,
            config.Int("num_hidden_layers", min: 0),
            epsilon,
            "embed_tokens",
            "layers.{0}",
            "final_layernorm",
            () => new Norm(hidden, epsilon),
            _ => new Layer(shape),
            shape.Rotary,
            PaddingRow: true);
        var head = new DecoderHeadNames("model", "lm_head", config.Flag("tie_word_embeddings", false), Bias: true);
        config.Check();
        return DecoderHeads.Finish(new Decoder(config, "Phi", plan, Llama.Rules), head, kind);
    }

    private sealed record Shape(
        int Hidden, int Heads, int KeyHeads, int Intermediate, double Epsilon, Func<Tensor, Tensor> Activation, Rotary Rotary, bool QkNorm);

    private sealed class Layer : DecoderLayer
    {
        private readonly Shape _shape;
        private readonly Norm _norm;
        private readonly Projection _query;
        private readonly Projection _key;
        private readonly Projection _value;
        private readonly Projection _output;
        private readonly Projection _expand;
        private readonly Projection _contract;
        private readonly Norm? _queryNorm;
        private readonly Norm? _keyNorm;

        internal Layer(Shape s)
            : base(nameof(Phi))
        {
            var d = s.Hidden / s.Heads;
            _shape = s;
            _norm = Add("input_layernorm", new Norm(s.Hidden, s.Epsilon));
            _query = Add("self_attn.q_proj", new Projection(s.Hidden, s.Heads * d, bias: true));
            _key = Add("self_attn.k_proj", new Projection(s.Hidden, s.KeyHeads * d, bias: true));
            _value = Add("self_attn.v_proj", new Projection(s.Hidden, s.KeyHeads * d, bias: true));
            _output = Add("self_attn.dense", new Projection(s.Heads * d, s.Hidden, bias: true));
            _queryNorm = s.QkNorm ? Add("self_attn.q_layernorm", new Norm(d, s.Epsilon)) : null;
            _keyNorm = s.QkNorm ? Add("self_attn.k_layernorm", new Norm(d, s.Epsilon)) : null;
            _expand = Add("mlp.fc1", new Projection(s.Hidden, s.Intermediate, bias: true));
            _contract = Add("mlp.fc2", new Projection(s.Intermediate, s.Hidden, bias: true));
        }

        public override Tensor call(Tensor x, DecoderPass pass, int layer)
        {
            var shared = _query.Share(_norm.call(x));
            var q = Attention.Heads(_query.call(shared), _shape.Heads); // [b, heads, t, d]
            var k = Attention.Heads(_key.call(shared), _shape.KeyHeads);
            var v = Attention.Heads(_value.call(shared), _shape.KeyHeads);
            (q, k) = (_queryNorm?.call(q) ?? q, _keyNorm?.call(k) ?? k);
            var scale = 1 / Math.Sqrt((double)_shape.Hidden / _shape.Heads);
            var attended = _output.call(SelfAttention.Causal(q, k, v, pass, layer, _shape.Rotary, scale));
            return x + attended + _contract.call(_shape.Activation(_expand.call(shared)));
        }
    }
}
