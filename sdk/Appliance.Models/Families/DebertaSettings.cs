using Appliance.Models.Config;
using Appliance.Models.Parts;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Families;

/// <summary>DeBERTa's fields.</summary>
/// <param name="Span">Half of the relative embeddings.</param>
/// <param name="Buckets">Logarithmic buckets; 0 or less for plain distances.</param>
/// <param name="ToPosition">Content attends to position (c2p).</param>
/// <param name="FromPosition">Position attends to content (p2c).</param>
/// <param name="ConvolutionWidth">Tokens that the convolution beside the first layer sees; 0 for none.</param>
internal sealed record DebertaSettings(
    TextEmbeddingShape Embeddings,
    EncoderLayerShape Layer,
    int Layers,
    bool Relative,
    int Span,
    int Buckets,
    int DistanceMax,
    bool SharedKey,
    bool NormedRelative,
    bool ToPosition,
    bool FromPosition,
    int ConvolutionWidth)
{
    internal static DebertaSettings Read(ModelConfig config)
    {
        var layer = Bert.Layer(config);
        layer = layer with { Epsilon = config.Number("layer_norm_eps", 1e-7) };
        var biased = config.Flag("position_biased_input", true);
        var embeddings = Bert.Embeddings(config, layer.Hidden, config.Int("type_vocab_size", 0, min: 0),
            biased ? Positions.FromZero : Positions.None, 0) with
        { Epsilon = layer.Epsilon };
        _ = config.Int("embedding_size", layer.Hidden, layer.Hidden, layer.Hidden);
        _ = config.Int("attention_head_size", layer.Hidden / layer.Heads, layer.Hidden / layer.Heads, layer.Hidden / layer.Heads);
        var relative = config.Flag("relative_attention", false);
        var distanceMax = config.Int("max_relative_positions", -1, min: -1);
        distanceMax = distanceMax < 1 ? embeddings.PositionsMax : distanceMax;
        var buckets = config.Int("position_buckets", -1, min: -1);
        string[] kinds = !config.Has("pos_att_type") ? [] : config.IsText("pos_att_type")
            ? config.Text("pos_att_type").Split('|') : config.Texts("pos_att_type");
        var (to, from) = (relative && kinds.Contains("c2p"), relative && kinds.Contains("p2c"));
        return new DebertaSettings(
            embeddings,
            layer with { ScoreScale = 1 / Math.Sqrt((double)layer.Hidden / layer.Heads * (1 + (to ? 1 : 0) + (from ? 1 : 0))) },
            config.Int("num_hidden_layers", min: 0),
            relative,
            buckets > 0 ? buckets : distanceMax,
            buckets,
            distanceMax,
            config.Flag("share_att_key", false),
            config.OneOf("norm_rel_ebd", "none", "layer_norm") == "layer_norm",
            to,
            from,
            config.Int("conv_kernel_size", 0, min: 0));
    }
}

/// <summary>The convolution over neighbours that DeBERTa-v2's larger models have beside their first layer.</summary>
internal sealed class LocalConvolution : Block
{
    private readonly int _width;
    private readonly int _groups;
    private readonly Func<Tensor, Tensor> _activation;
    private readonly TorchSharp.Modules.Parameter _weight;
    private readonly TorchSharp.Modules.Parameter _bias;
    private readonly Norm _norm;

    internal LocalConvolution(ModelConfig config, DebertaSettings settings)
        : base(nameof(LocalConvolution))
    {
        var n = settings.Layer.Hidden;
        (_width, _groups) = (settings.ConvolutionWidth, config.Int("conv_groups", 1));
        _activation = Activation.Of(config, "conv_act", "tanh");
        _weight = AddParameter("conv.weight", n, n / _groups, _width);
        _bias = AddParameter("conv.bias", n);
        _norm = Add("LayerNorm", new Norm(n, settings.Layer.Epsilon));
    }

    // before, after the first layer [b, t, h] → [b, t, h]
    internal Tensor call(Tensor before, Tensor after, Tensor? mask)
    {
        var flat = before.transpose(1, 2).unsqueeze(2); // [b, h, 1, t]: a line is an image one row high
        var y = functional.conv2d(flat, _weight.unsqueeze(2), _bias, [1, 1], [0, (_width - 1) / 2], [1, 1], _groups);
        var seen = mask?.to(ScalarType.Float32).unsqueeze(2);
        var line = y.squeeze(2).transpose(1, 2);
        var sum = _norm.call(after + _activation(seen is null ? line : line * seen));
        return seen is null ? sum : sum * seen;
    }
}
