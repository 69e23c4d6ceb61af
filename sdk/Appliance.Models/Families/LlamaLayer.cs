using Appliance.Models.Parts;
using static TorchSharp.torch;

namespace Appliance.Models.Families;

/// <summary>What tells Llama's relatives apart within a layer.</summary>
/// <param name="Heads">Query heads; <paramref name="KeyHeads"/> divides it, each key head serves a group of them.</param>
/// <param name="NormOffset">Added to a norm's weight (Gemma stores weight − 1).</param>
/// <param name="QkNorm">Queries and keys are normalised per head (Qwen3).</param>
/// <param name="Window">A layer's window in tokens; null to see everything.</param>
internal sealed record LlamaShape(
    int Hidden,
    int Heads,
    int KeyHeads,
    int HeadSize,
    int Intermediate,
    Func<Tensor, Tensor> Activation,
    double Epsilon,
    Rotary Rotary,
    bool QkvBias = false,
    bool OutputBias = false,
    bool FeedForwardBias = false,
    double NormOffset = 0,
    bool QkNorm = false,
    Func<int, int?>? Window = null);

/// <summary>A layer of Llama, Mistral, Qwen or Gemma: RMS norms, rotary attention with shared keys, gated feed-forward.</summary>
/// <remarks>Source: Touvron et al. (2023); gate: Shazeer, GLU Variants (2020). b, t, h as in ModelInput.</remarks>
internal sealed class LlamaLayer : DecoderLayer
{
    private readonly LlamaShape _shape;
    private readonly Projection _query;
    private readonly Projection _key;
    private readonly Projection _value;
    private readonly Projection _output;
    private readonly Projection _gate;
    private readonly Projection _up;
    private readonly Projection _down;
    private readonly RmsNorm _inputNorm;
    private readonly RmsNorm _feedNorm;
    private readonly RmsNorm? _queryNorm;
    private readonly RmsNorm? _keyNorm;

    internal LlamaLayer(LlamaShape s)
        : base(nameof(LlamaLayer))
    {
        _shape = s;
        _query = Add("self_attn.q_proj", new Projection(s.Hidden, s.Heads * s.HeadSize, s.QkvBias));
        _key = Add("self_attn.k_proj", new Projection(s.Hidden, s.KeyHeads * s.HeadSize, s.QkvBias));
        _value = Add("self_attn.v_proj", new Projection(s.Hidden, s.KeyHeads * s.HeadSize, s.QkvBias));
        _output = Add("self_attn.o_proj", new Projection(s.Heads * s.HeadSize, s.Hidden, s.OutputBias));
        _queryNorm = s.QkNorm ? Add("self_attn.q_norm", new RmsNorm(s.HeadSize, s.Epsilon)) : null;
        _keyNorm = s.QkNorm ? Add("self_attn.k_norm", new RmsNorm(s.HeadSize, s.Epsilon)) : null;
        _gate = Add("mlp.gate_proj", new Projection(s.Hidden, s.Intermediate, s.FeedForwardBias));
        _up = Add("mlp.up_proj", new Projection(s.Hidden, s.Intermediate, s.FeedForwardBias));
        _down = Add("mlp.down_proj", new Projection(s.Intermediate, s.Hidden, s.FeedForwardBias));
        _inputNorm = Add("input_layernorm", new RmsNorm(s.Hidden, s.Epsilon, s.NormOffset));
        _feedNorm = Add("post_attention_layernorm", new RmsNorm(s.Hidden, s.Epsilon, s.NormOffset));
    }

    public override Tensor call(Tensor x, DecoderPass pass, int layer)
    {
        x = x + Attended(_inputNorm.call(x), pass, layer);
        var shared = _gate.Share(_feedNorm.call(x));
        return x + _down.call(_shape.Activation(_gate.call(shared)) * _up.call(shared));
    }

    private Tensor Attended(Tensor x, DecoderPass pass, int layer)
    {
        var shared = _query.Share(x);
        var q = Attention.Heads(_query.call(shared), _shape.Heads); // [b, heads, t, d]
        var k = Attention.Heads(_key.call(shared), _shape.KeyHeads);
        var v = Attention.Heads(_value.call(shared), _shape.KeyHeads);
        (q, k) = (_queryNorm?.call(q) ?? q, _keyNorm?.call(k) ?? k);
        var scale = 1 / Math.Sqrt(_shape.HeadSize);
        return _output.call(SelfAttention.Causal(q, k, v, pass, layer, _shape.Rotary, scale, _shape.Window?.Invoke(layer)));
    }
}
