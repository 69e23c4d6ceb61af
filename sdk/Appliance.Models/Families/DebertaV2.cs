using System.Globalization;
using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Models.Families;

/// <summary>DeBERTa-v2 and v3: content attends to distance and distance to content. Sources: He et al. (2020, 2021).</summary>
/// <remarks>b = batch, t = tokens, h = hidden size, d = head size, r = relative embeddings (twice the span).</remarks>
internal sealed class DebertaV2 : Encoder
{
    internal static Family Family { get; } = Family.Of("deberta-v2", Build);

    private static readonly EncoderLayerNames LayerNames = Bert.LayerNames with
    {
        Query = "attention.self.query_proj",
        Key = "attention.self.key_proj",
        Value = "attention.self.value_proj",
    };

    private readonly DebertaSettings _settings;
    private readonly TextEmbeddings _embeddings;
    private readonly List<EncoderLayer> _layers = [];
    private readonly Dictionary<EncoderLayer, (Projection? Key, Projection? Query)> _distance = [];
    private readonly TokenTable? _relative;
    private readonly Norm? _relativeNorm;
    private readonly LocalConvolution? _convolution;

    private DebertaV2(ModelConfig config, DebertaSettings settings)
        : base(config, "DebertaV2")
    {
        (_settings, Names) = (settings, Bert.Rules);
        _embeddings = Add("embeddings", new TextEmbeddings(settings.Embeddings));
        for (var k = 0; k < settings.Layers; k++)
        {
            var path = string.Format(CultureInfo.InvariantCulture, "encoder.layer.{0}", k);
            var layer = Add(path, new EncoderLayer(LayerNames, settings.Layer));
            _layers.Add(layer);
            _distance[layer] = settings.Relative && !settings.SharedKey ? (Own(layer, settings.ToPosition, "pos_key_proj"),
                Own(layer, settings.FromPosition, "pos_query_proj")) : (null, null);
        }
        if (settings.Relative)
        {
            _relative = Add("encoder.rel_embeddings", new TokenTable(2 * settings.Span, settings.Layer.Hidden));
            _relativeNorm = settings.NormedRelative ? Add("encoder.LayerNorm", new Norm(settings.Layer.Hidden, Epsilon)) : null;
        }
        _convolution = settings.ConvolutionWidth == 0 ? null : Add("encoder.conv", new LocalConvolution(config, settings));
    }

    public override int HiddenSize => _settings.Layer.Hidden;

    public override double Epsilon => _settings.Layer.Epsilon;

    public override TokenTable WordEmbeddings => _embeddings.Words;

    public override ModelOutput Forward(ModelInput input)
    {
        var x = _embeddings.call(input);
        x = input.AttentionMask is null ? x : x * input.AttentionMask.to(ScalarType.Float32).unsqueeze(2);
        var table = _relativeNorm?.call(_relative!.weight) ?? _relative?.weight; // [r, h]; a norm implies the table
        var distances = Distances(x.shape[1], x.device);
        var pass = new EncoderPass(Attention.PaddingBias(input.AttentionMask), input.Trace ? [] : null,
            Scores: table is null ? null : (layer, q, k) => Disentangled(layer, q, k, table, distances));
        var hidden = new List<Tensor>();
        for (var k = 0; k < _layers.Count; k++)
        {
            hidden.Add(x);
            var y = _layers[k].call(x, pass, k);
            x = k == 0 && _convolution is not null ? _convolution.call(x, y, input.AttentionMask) : y;
        }
        hidden.Add(x);
        return new ModelOutput { Last = x, HiddenStates = input.Trace ? hidden : [], Attentions = pass.Attentions ?? [] };
    }

    // q, k [b, heads, t, d] → [b, heads, t, t]
    private Tensor Disentangled(EncoderLayer layer, Tensor q, Tensor k, Tensor table, Tensor distances)
    {
        var scale = _settings.Layer.ScoreScale!.Value; // set in Build
        var (b, t) = (q.shape[0], q.shape[2]);
        long[] all = [b, _settings.Layer.Heads, t, t];
        Tensor? sum = null;
        if (_settings.ToPosition)
        {
            var position = Split((_distance[layer].Key ?? layer.Key).call(table)); // [1, heads, r, d]
            var at = (distances + _settings.Span).clamp(0, (2 * _settings.Span) - 1).view(1, 1, t, t).expand(all);
            sum = q.matmul(position.transpose(2, 3)).gather(-1, at) * scale;
        }
        if (_settings.FromPosition)
        {
            var position = Split((_distance[layer].Query ?? layer.Query).call(table));
            var at = (distances.neg() + _settings.Span).clamp(0, (2 * _settings.Span) - 1).view(1, 1, t, t).expand(all);
            var scores = k.matmul(position.transpose(2, 3)).gather(-1, at).transpose(2, 3) * scale;
            sum = sum is null ? scores : sum + scores;
        }
        return sum ?? zeros(all, device: q.device);
    }

    private Tensor Split(Tensor table) => Attention.Heads(table.unsqueeze(0), _settings.Layer.Heads);

    // Query minus key, in logarithmic buckets beyond half of them. In float32, as the reference computes it.
    private Tensor Distances(long tokens, Device device)
    {
        var (buckets, mid) = (_settings.Buckets, _settings.Buckets / 2);
        var ids = new long[tokens * tokens];
        for (var t = 0L; t < tokens; t++)
        {
            for (var s = 0L; s < tokens; s++)
            {
                var distance = t - s;
                var far = Math.Abs(distance);
                if (buckets > 0 && far > mid)
                {
                    var log = MathF.Log((float)far / mid) / MathF.Log((float)((double)(_settings.DistanceMax - 1) / mid));
                    distance = Math.Sign(distance) * ((long)MathF.Ceiling(log * (mid - 1)) + mid);
                }
                ids[(t * tokens) + s] = distance;
            }
        }
        return tensor(ids, [tokens, tokens], device: device);
    }

    private static Projection? Own(EncoderLayer layer, bool used, string name)
    {
        var size = layer.Query.InputSize;
        return used ? layer.Add("attention.self." + name, new Projection(size, size, bias: true)) : null;
    }

    private static Model Build(ModelConfig config, HeadKind kind)
    {
        var settings = DebertaSettings.Read(config);
        var pooler = new DenseHeadNames("pooler.dense", Activation.Of(config, "pooler_hidden_act", "gelu"), "classifier");
        _ = config.Int("pooler_hidden_size", settings.Layer.Hidden, settings.Layer.Hidden, settings.Layer.Hidden);
        _ = (config.Int("conv_groups", 1), Activation.Of(config, "conv_act", "tanh"), config.Flag("legacy", true));
        if (kind == HeadKind.MaskedLanguage)
        {
            config.MustBe("legacy", true); // the newer head stands elsewhere
        }
        config.Check();
        var names = new EncoderHeadNames("deberta", pooler, new MaskedHeadNames("cls.predictions.transform.dense",
            settings.Layer.Activation, "cls.predictions.transform.LayerNorm", "cls.predictions.decoder", "cls.predictions.bias"));
        return Bert.Finish(new DebertaV2(config, settings), names, kind);
    }
}
