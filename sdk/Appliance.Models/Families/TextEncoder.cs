using System.Globalization;
using Appliance.Models.Config;
using Appliance.Models.Parts;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Models.Families;

/// <summary>What tells one BERT relative from another.</summary>
/// <param name="LayerPath">Where layer {0} stands.</param>
/// <param name="Widen">Where embeddings are projected to the hidden size; null where the sizes are equal.</param>
/// <param name="Pooler">Where the pooler's matrix stands; null for none.</param>
/// <param name="LayerGroups">Layers share weights in so many groups (ALBERT); null for one set a layer.</param>
/// <param name="PositionBias">Added to the scores of every layer, [1, heads, t, t] from t; null for none.</param>
internal sealed record TextEncoderPlan(
    TextEmbeddingShape Embeddings,
    EncoderLayerShape Layer,
    int Layers,
    EncoderLayerNames LayerNames,
    string LayerPath,
    string? Widen = null,
    string? Pooler = null,
    int? LayerGroups = null,
    Func<Block, Func<long, Device, Tensor>>? PositionBias = null);

/// <summary>Embeddings, a stack of encoder layers, perhaps a pooler: the frame of the BERT family.</summary>
/// <remarks>b = batch, t = tokens, h = hidden size.</remarks>
internal sealed class TextEncoder : Encoder
{
    private readonly TextEncoderPlan _plan;
    private readonly TextEmbeddings _embeddings;
    private readonly Projection? _widen;
    private readonly Projection? _pooler;
    private readonly List<EncoderLayer> _layers = [];
    private readonly Func<long, Device, Tensor>? _positionBias;

    internal TextEncoder(ModelConfig config, string name, TextEncoderPlan plan, NameRules names)
        : base(config, name)
    {
        _plan = plan;
        Names = names;
        _embeddings = Add("embeddings", new TextEmbeddings(plan.Embeddings));
        _widen = plan.Widen is null ? null : Add(plan.Widen, new Projection(plan.Embeddings.Size, plan.Layer.Hidden, bias: true));
        for (var k = 0; k < (plan.LayerGroups ?? plan.Layers); k++)
        {
            var path = string.Format(CultureInfo.InvariantCulture, plan.LayerPath, k);
            _layers.Add(Add(path, new EncoderLayer(plan.LayerNames, plan.Layer)));
        }
        _pooler = plan.Pooler is null ? null : Add(plan.Pooler, new Projection(plan.Layer.Hidden, plan.Layer.Hidden, bias: true));
        _positionBias = plan.PositionBias?.Invoke(this);
    }

    public override int HiddenSize => _plan.Layer.Hidden;

    public override double Epsilon => _plan.Layer.Epsilon;

    public override TokenTable WordEmbeddings => _embeddings.Words;

    public override ModelOutput Forward(ModelInput input)
    {
        // 1. vectors of the tokens
        var x = _embeddings.call(input);
        x = _widen is null ? x : Wide.Of(_widen.call(x));
        var hidden = new List<Tensor>();
        var bias = Attention.PaddingBias(input.AttentionMask);
        if (_positionBias is not null)
        {
            var relative = _positionBias(x.shape[1], x.device);
            bias = bias is null ? relative : bias + relative;
        }

        // 2. layer by layer
        var pass = new EncoderPass(bias, input.Trace ? [] : null, input.Cache, Texts: _positionBias is null && is_grad_enabled() ? RightPadded.Texts(input, x) : null);
        for (var k = 0; k < _plan.Layers; k++)
        {
            hidden.Add(x);
            var (layer, at) = (_layers[_plan.LayerGroups is { } groups ? k * groups / _plan.Layers : k], k);
            x = input.Recompute is { } again ? again.Run(x, y => layer.call(y, pass, at)) : layer.call(x, pass, k);
        }
        hidden.Add(x);

        // 3. one vector for the whole, if the family has one
        var pooled = _pooler is null ? null : Wide.Of(_pooler.call(x.select(1, 0))).tanh();
        return new ModelOutput
        {
            Last = x,
            Pooled = pooled,
            HiddenStates = input.Trace ? hidden : [],
            Attentions = pass.Attentions ?? [],
        };
    }
}
