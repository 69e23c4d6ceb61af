using Appliance.Torch.Beyond;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Parts;

/// <summary>Where the eight parts of a Transformer encoder layer stand in a family's checkpoint.</summary>
public sealed record EncoderLayerNames(
    string Query,
    string Key,
    string Value,
    string Output,
    string AttentionNorm,
    string Expand,
    string Contract,
    string OutputNorm);

/// <summary>The sizes of an encoder layer.</summary>
/// <param name="PreNorm">Norms stand before attention and feed-forward (ViT) and not after the sums (BERT).</param>
/// <param name="Dropout">Share dropped after attention and feed-forward in training, 0 to below 1.</param>
/// <param name="ScoreScale">Factor of q kᵀ; null for 1/√(head size).</param>
public sealed record EncoderLayerShape(
    int Hidden,
    int Heads,
    int Intermediate,
    Func<Tensor, Tensor> Activation,
    double Epsilon,
    bool PreNorm = false,
    bool QkvBias = true,
    double Dropout = 0,
    double AttentionDropout = 0,
    double? ScoreScale = null);

/// <summary>What runs through all layers of one pass.</summary>
/// <param name="Bias">Added to the attention scores, broadcast over [b, heads, t, s]; null for none.</param>
/// <param name="Attentions">Gets each layer's probabilities; null to drop them.</param>
/// <param name="Texts">[b, 2] first row and length of each text among the b·t rows, where all padding stands behind; null elsewhere.</param>
/// <param name="Scores">More scores that depend on the layer: (layer, q, k), both [b, heads, t, d] → [b, heads, t, s]; null for none.</param>
public sealed record EncoderPass(
    Tensor? Bias,
    List<Tensor>? Attentions,
    KeyValueCache? Cache = null,
    Func<EncoderLayer, Tensor, Tensor, Tensor>? Scores = null,
    Tensor? Texts = null);

/// <summary>Self-attention and feed-forward with residuals: the layer that BERT and its relatives share.</summary>
/// <remarks>b = batch, t = tokens, n = hidden size. Source: Vaswani et al., Attention Is All You Need (2017).</remarks>
public sealed class EncoderLayer : Block, IPreparable
{
    private readonly EncoderLayerShape _shape;
    private readonly Projection _query;
    private readonly Projection _key;
    private readonly Projection _value;
    private readonly Projection _output;
    private readonly Projection _expand;
    private readonly Projection _contract;
    private readonly Norm _attentionNorm;
    private readonly Norm _outputNorm;
    private Func<Tensor, Tensor>? _answering; // the activation in its form for packed weights
    private PreparedWeight? _fused; // queries, keys and values in one product, scores scaled already

    public EncoderLayer(EncoderLayerNames names, EncoderLayerShape shape)
        : base(nameof(EncoderLayer))
    {
        _shape = shape;
        var n = shape.Hidden;
        _query = Add(names.Query, new Projection(n, n, shape.QkvBias));
        _key = Add(names.Key, new Projection(n, n, shape.QkvBias));
        _value = Add(names.Value, new Projection(n, n, shape.QkvBias));
        _output = Add(names.Output, new Projection(n, n, bias: true));
        _attentionNorm = Add(names.AttentionNorm, new Norm(n, shape.Epsilon));
        _expand = Add(names.Expand, new Projection(n, shape.Intermediate, bias: true));
        _contract = Add(names.Contract, new Projection(shape.Intermediate, n, bias: true));
        _outputNorm = Add(names.OutputNorm, new Norm(n, shape.Epsilon));
    }

    internal Projection Query => _query;

    internal Projection Key => _key;

    // x [b, t, n] → [b, t, n]
    public Tensor call(Tensor x, EncoderPass pass, int layer)
    {
        if (_shape.PreNorm)
        {
            x = x + Attended(_attentionNorm.call(x), pass, layer);
            return x + Fed(_outputNorm.call(x));
        }
        x = _attentionNorm.call(x + Attended(x, pass, layer));
        return _outputNorm.call(x + Fed(x));
    }

    private Tensor Attended(Tensor x, EncoderPass pass, int layer)
    {
        var scale = Scale;
        Tensor q, k, v;
        if (_fused is not null && pass.Scores is null)
        {
            var product = _fused.Multiply(x); // [b, t, 3·n]
            if (pass.Attentions is null && pass.Cache is null && FusedAttention.Serves(product, pass.Bias, _shape.Heads))
            {
                return _output.call(FusedAttention.Attend(product, pass.Bias, _shape.Heads));
            }
            var (b, t, d) = (x.shape[0], x.shape[1], _shape.Hidden / _shape.Heads);
            var parts = product.view(b, t, 3, _shape.Heads, d).permute(2, 0, 3, 1, 4).unbind(0); // 3 × [b, heads, t, d]
            (q, k, v, scale) = (parts[0], parts[1], parts[2], 1);
        }
        else
        {
            var shared = _query.Share(x);
            if (pass.Texts is not null && pass.Attentions is null && pass.Cache is null && pass.Scores is null && is_grad_enabled())
            {
                var packed = cat([_query.call(shared), _key.call(shared), _value.call(shared)], 2);
                if (PackedAttention.Serves(packed, _shape.Heads))
                {
                    var rows = packed.view(-1, 3L * _shape.Hidden);
                    var attended = PackedAttention.Attend(rows, pass.Texts, _shape.Heads, scale, training ? _shape.AttentionDropout : 0);
                    return Dropped(_output.call(attended.view(x.shape)));
                }
            }
            q = Attention.Heads(_query.call(shared), _shape.Heads);
            k = Attention.Heads(_key.call(shared), _shape.Heads);
            v = Attention.Heads(_value.call(shared), _shape.Heads);
        }
        (k, v) = pass.Cache?.Append(layer, k, v) ?? (k, v);
        var bias = pass.Scores is null ? pass.Bias : Sum(pass.Scores(this, q, k), pass.Bias);
        var context = Attention.Attend(q, k, v, scale, bias, pass.Attentions, training ? _shape.AttentionDropout : 0);
        return Dropped(_output.call(context));
    }

    private static Tensor Sum(Tensor scores, Tensor? bias) => bias is null ? scores : scores + bias;

    private Tensor Fed(Tensor x) => Dropped(_answering is not null && _expand.Prepared is { } first && _contract.Prepared is { } second
        ? first.Through(x, _answering, second)
        : _contract.call(_shape.Activation(_expand.call(x))));

    private double Scale => _shape.ScoreScale ?? 1 / Math.Sqrt(_shape.Hidden / _shape.Heads);

    public void Prepare(InferencePrecision precision)
    {
        _fused?.Dispose();
        _answering = _shape.Activation == Activation.Named("gelu") ? Gelu.Apply : _shape.Activation;
        Projection[] all = [_query, _key, _value];
        if (Array.Exists(all, p => p.Adapter is { Merged: false }))
        {
            _fused = null;
            return;
        }
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var weight = cat([_query.Weight * Scale, _key.Weight, _value.Weight], 0);
        var bias = _shape.QkvBias ? cat([_query.Bias! * Scale, _key.Bias!, _value.Bias!], 0) : null; // there with QkvBias
        _fused = PreparedWeight.Of(weight, bias, precision);
        if (_fused is not null && _shape.ScoreScale is null)
        {
            Array.ForEach(all, p => p.Unprepare()); // DeBERTa, which sets a scale, needs them one by one too
        }
    }

    protected override void Dispose(bool disposing)
    {
        _fused?.Dispose();
        base.Dispose(disposing);
    }

    private Tensor Dropped(Tensor x) => training && _shape.Dropout > 0 ? Pointwise.Dropout(x, _shape.Dropout) : x;
}
