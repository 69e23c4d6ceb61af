using Appliance.Models.Parts;
using static TorchSharp.torch;

namespace Appliance.Models.Families;

/// <summary>Self-attention, attention to what was read (in the decoder), feed-forward; each behind a norm and a residual.</summary>
internal sealed class T5Layer : Block
{
    private readonly T5Shape _shape;
    private readonly T5Attention _self;
    private readonly T5Attention? _cross;
    private readonly RmsNorm _selfNorm;
    private readonly RmsNorm? _crossNorm;
    private readonly RmsNorm _feedNorm;
    private readonly Projection _expand;
    private readonly Projection? _linear;
    private readonly Projection _contract;

    internal T5Layer(T5Shape s, bool writes)
        : base(nameof(T5Layer))
    {
        _shape = s;
        _self = new T5Attention(this, "layer.0.SelfAttention", s);
        _selfNorm = Add("layer.0.layer_norm", new RmsNorm(s.Hidden, s.Epsilon));
        _cross = writes ? new T5Attention(this, "layer.1.EncDecAttention", s) : null;
        _crossNorm = writes ? Add("layer.1.layer_norm", new RmsNorm(s.Hidden, s.Epsilon)) : null;
        var feed = writes ? "layer.2" : "layer.1";
        _expand = Add($"{feed}.DenseReluDense.{(s.Gated ? "wi_0" : "wi")}", new Projection(s.Hidden, s.Intermediate, bias: false));
        _linear = s.Gated ? Add($"{feed}.DenseReluDense.wi_1", new Projection(s.Hidden, s.Intermediate, bias: false)) : null;
        _contract = Add($"{feed}.DenseReluDense.wo", new Projection(s.Intermediate, s.Hidden, bias: false));
        _feedNorm = Add($"{feed}.layer_norm", new RmsNorm(s.Hidden, s.Epsilon));
    }

    internal Tensor call(Tensor x, Tensor bias, Tensor? read, Tensor? readMask, KeyValueCache? cache, int layer)
    {
        var own = _selfNorm.call(x);
        x = x + _self.call(own, own, bias, (k, v) => cache?.Append(layer, k, v) ?? (k, v));
        if (_cross is not null)
        {
            x = x + _cross.call(_crossNorm!.call(x), read!, readMask, (k, v) => (k, v)); // a writing layer has both
        }
        var y = _feedNorm.call(x);
        var z = _shape.Activation(_expand.call(y));
        return x + _contract.call(_linear is null ? z : z * _linear.call(y));
    }
}

/// <summary>T5's attention: four matrices without bias.</summary>
internal sealed class T5Attention
{
    private readonly T5Shape _shape;
    private readonly Projection _query;
    private readonly Projection _key;
    private readonly Projection _value;
    private readonly Projection _output;

    internal T5Attention(Block owner, string path, T5Shape s)
    {
        _shape = s;
        var inner = s.Heads * s.HeadSize;
        _query = owner.Add(path + ".q", new Projection(s.Hidden, inner, bias: false));
        _key = owner.Add(path + ".k", new Projection(s.Hidden, inner, bias: false));
        _value = owner.Add(path + ".v", new Projection(s.Hidden, inner, bias: false));
        _output = owner.Add(path + ".o", new Projection(inner, s.Hidden, bias: false));
    }

    // x [b, u, h] asks, read [b, t, h] answers → [b, u, h]
    internal Tensor call(Tensor x, Tensor read, Tensor? bias, Func<Tensor, Tensor, (Tensor, Tensor)> remember)
    {
        var shared = _key.Share(read);
        var q = Attention.Heads(_query.call(x), _shape.Heads);
        var (k, v) = remember(Attention.Heads(_key.call(shared), _shape.Heads), Attention.Heads(_value.call(shared), _shape.Heads));
        return _output.call(Attention.Attend(q, k, v, 1, bias));
    }
}
