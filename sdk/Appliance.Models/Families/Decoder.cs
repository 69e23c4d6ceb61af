using System.Globalization;
using Appliance.Models.Config;
using Appliance.Models.Parts;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Models.Families;

/// <summary>What runs through all layers of one pass of a decoder.</summary>
/// <param name="Rotation">Cosines and sines of the positions; null where positions are vectors.</param>
/// <param name="Bias">The causal mask for a window, [b or 1, 1, t, past + t]; null where everything is seen.</param>
internal sealed record DecoderPass(
    (Tensor Cos, Tensor Sin)? Rotation, Func<int?, Tensor?> Bias, KeyValueCache? Cache, List<Tensor>? Attentions);

/// <summary>One layer of a decoder: x [b, t, h] → [b, t, h].</summary>
internal abstract class DecoderLayer(string name) : Block(name)
{
    public abstract Tensor call(Tensor x, DecoderPass pass, int layer);
}

/// <summary>What tells one decoder from another.</summary>
/// <param name="Words">Where the word table stands.</param>
/// <param name="Positions">Where learnt positions stand, and how many; null for rotary ones.</param>
/// <param name="EmbeddingScale">Word vectors are multiplied by it.</param>
/// <param name="PaddingRow">The padding id's row is not learnt: so in Llama and its relatives, not in GPT.</param>
internal sealed record DecoderPlan(
    int Vocabulary,
    int Hidden,
    int Layers,
    double Epsilon,
    string Words,
    string LayerPath,
    string FinalNormPath,
    Func<INorm> FinalNorm,
    Func<int, DecoderLayer> Layer,
    Rotary? Rotary = null,
    (string Path, int Count)? Positions = null,
    double EmbeddingScale = 1,
    bool PaddingRow = false);

/// <summary>Embeddings, layers that see the past only, a last norm: the frame of GPT, Llama and their relatives.</summary>
internal sealed class Decoder : Encoder
{
    private readonly DecoderPlan _plan;
    private readonly TokenTable _words;
    private readonly TokenTable? _positions;
    private readonly List<DecoderLayer> _layers = [];
    private readonly INorm _finalNorm;

    internal Decoder(ModelConfig config, string name, DecoderPlan plan, NameRules rules)
        : base(config, name)
    {
        (_plan, Names) = (plan, rules);
        var padding = config.Int("pad_token_id", -1, min: -1);
        var row = plan.PaddingRow && padding >= 0 && padding < plan.Vocabulary ? padding : (long?)null;
        _words = Add(plan.Words, new TokenTable(plan.Vocabulary, plan.Hidden, row));
        _positions = plan.Positions is { } p ? Add(p.Path, new TokenTable(p.Count, plan.Hidden)) : null;
        for (var k = 0; k < plan.Layers; k++)
        {
            _layers.Add(Add(string.Format(CultureInfo.InvariantCulture, plan.LayerPath, k), plan.Layer(k)));
        }
        _finalNorm = plan.FinalNorm();
        Add(plan.FinalNormPath, (Block)_finalNorm);
    }

    public override int HiddenSize => _plan.Hidden;

    public override double Epsilon => _plan.Epsilon;

    public override TokenTable WordEmbeddings => _words;

    public override ModelOutput Forward(ModelInput input)
    {
        // 1. vectors and positions of the new tokens
        var x = input.InputsEmbeds ?? _words.call(input.InputIds!); // one of the two is set
        x = _plan.EmbeddingScale == 1 ? x : x * _plan.EmbeddingScale;
        var (t, past) = (x.shape[1], input.Cache?.Length ?? 0);
        var positions = input.PositionIds ?? arange(past, past + t, ScalarType.Int64, x.device).unsqueeze(0);
        x = _positions is null ? x : x + _positions.call(positions);

        // 2. layer by layer; a mask is made once for each width of window
        var hidden = new List<Tensor>();
        var biases = new Dictionary<int, Tensor?>();
        var pass = new DecoderPass(_plan.Rotary?.At(positions), window => Bias(biases, input, past, t, window, x.device),
            input.Cache, input.Trace ? [] : null);
        for (var k = 0; k < _layers.Count; k++)
        {
            hidden.Add(x);
            var (layer, at) = (_layers[k], k);
            x = input.Recompute is { } again ? again.Run(x, y => layer.call(y, pass, at)) : layer.call(x, pass, k);
        }
        x = _finalNorm.call(x);
        hidden.Add(x);
        input.Cache?.Advance(t);
        return new ModelOutput { Last = x, HiddenStates = input.Trace ? hidden : [], Attentions = pass.Attentions ?? [] };
    }

    private static Tensor? Bias(Dictionary<int, Tensor?> known, ModelInput input, long past, long t, int? window, Device device)
    {
        if (!known.TryGetValue(window ?? 0, out var bias))
        {
            known[window ?? 0] = bias = Attention.CausalBias(past, t, input.AttentionMask, window, device, input.Texts);
        }
        return bias;
    }
}
