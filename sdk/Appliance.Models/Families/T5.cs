using System.Globalization;
using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Models.Families;

/// <summary>T5: an encoder, and a decoder that also attends to it; distances in buckets, no biases, no scaling of scores.</summary>
/// <remarks>Source: Raffel et al. (2019); gated form: Shazeer (2020). b = batch, t = tokens read, u = tokens written, h = hidden.</remarks>
internal sealed class T5 : Model
{
    internal static Family Family { get; } = Family.Of("t5", Build);

    private readonly T5Shape _shape;
    private readonly TokenTable _words;
    private readonly T5Stack _encoder;
    private readonly T5Stack? _decoder;
    private readonly Projection? _scores;
    private readonly bool _writes;

    private T5(ModelConfig config, T5Shape shape, HeadKind kind, bool tied)
        : base(config, "T5")
    {
        (_shape, _writes) = (shape, kind == HeadKind.SequenceToSequence);
        _words = Add("shared", new TokenTable(shape.Vocabulary, shape.Hidden));
        _encoder = Add("encoder", new T5Stack(shape, shape.EncoderLayers, writes: false));
        _decoder = kind == HeadKind.EncoderOnly ? null : Add("decoder", new T5Stack(shape, shape.DecoderLayers, writes: true));
        _scores = _writes && !tied ? Add("lm_head", new Projection(shape.Hidden, shape.Vocabulary, bias: false)) : null;
        Names = new NameRules("", [],
        [
            "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "EncDecAttention.relative_attention_bias.weight",
            .. tied || !_writes ? ["lm_head.weight"] : Array.Empty<string>(),
        ], new Dictionary<string, string> { ["shared.weight"] = "encoder.embed_tokens.weight" });
        Names = _decoder is null ? Names with { IgnoredStarts = ["decoder."] } : Names;
    }

    public override TokenTable WordEmbeddings => _words;

    public override ModelOutput Forward(ModelInput input)
    {
        var read = input.EncoderHidden
            ?? _encoder.call(input.InputsEmbeds ?? _words.call(input.InputIds!), Attention.PaddingBias(input.AttentionMask), null, null, null);
        if (_decoder is null || input.DecoderInputIds is null)
        {
            return new ModelOutput { Last = read, EncoderLast = read };
        }
        var causal = Attention.CausalBias(input.Cache?.Length ?? 0, input.DecoderInputIds.shape[1], null, null, read.device);
        var crossed = Attention.PaddingBias(input.AttentionMask);
        var written = _decoder.call(_words.call(input.DecoderInputIds), causal, read, crossed, input.Cache);
        input.Cache?.Advance(input.DecoderInputIds.shape[1]);
        var logits = !_writes ? null : _scores is null
            ? Words.Scores(written * (1 / Math.Sqrt(_shape.Hidden)), _words.Matrix) // tied: scaled as in the reference
            : Wide.Of(_scores.call(written));
        return new ModelOutput { Last = written, EncoderLast = read, Logits = logits };
    }

    private static Model Build(ModelConfig config, HeadKind kind)
    {
        if (kind is not (HeadKind.SequenceToSequence or HeadKind.Base or HeadKind.BaseWithoutPooler or HeadKind.EncoderOnly))
        {
            config.Problem($"the head {kind} does not exist for this family");
        }
        var form = config.OneOf("feed_forward_proj", "relu", "gelu", "silu", "gelu_new", "gated-gelu", "gated-silu", "gated-relu", "gated-gelu_new");
        // The first two follow from feed_forward_proj; distances are relative, so no number of positions is a limit.
        _ = (config.TextOrNull("dense_act_fn"), config.Flag("is_gated_act", false), config.Int("n_positions", 512));
        var activation = form == "gated-gelu" ? "gelu_new" : form.Replace("gated-", "", StringComparison.Ordinal);
        var layers = config.Int("num_layers", min: 0);
        var shape = new T5Shape(
            config.Int("vocab_size"), config.Int("d_model"), layers, config.Int("num_decoder_layers", layers, min: 0),
            config.Int("num_heads"), config.Int("d_kv"), config.Int("d_ff"), Activation.Named(activation),
            form.StartsWith("gated-", StringComparison.Ordinal), config.Number("layer_norm_epsilon", 1e-6),
            config.Int("relative_attention_num_buckets", 32, min: 4), config.Int("relative_attention_max_distance", 128));
        config.MustBe("is_encoder_decoder", config.Flag("is_encoder_decoder", true));
        var tied = config.Flag("tie_word_embeddings", true);
        config.Check();
        return new T5(config, shape, kind, tied);
    }
}

/// <summary>T5's sizes.</summary>
/// <param name="HeadSize">d; heads × d need not be the hidden size.</param>
internal sealed record T5Shape(
    int Vocabulary,
    int Hidden,
    int EncoderLayers,
    int DecoderLayers,
    int Heads,
    int HeadSize,
    int Intermediate,
    Func<Tensor, Tensor> Activation,
    bool Gated,
    double Epsilon,
    int Buckets,
    int DistanceMax);

/// <summary>T5's encoder or decoder.</summary>
internal sealed class T5Stack : Block
{
    private readonly T5Shape _shape;
    private readonly bool _writes;
    private readonly List<T5Layer> _layers = [];
    private readonly TokenTable _distances;
    private readonly RmsNorm _finalNorm;

    internal T5Stack(T5Shape shape, int layers, bool writes)
        : base(nameof(T5Stack))
    {
        (_shape, _writes) = (shape, writes);
        for (var k = 0; k < layers; k++)
        {
            _layers.Add(Add(string.Format(CultureInfo.InvariantCulture, "block.{0}", k), new T5Layer(shape, writes)));
        }
        // The first layer holds the table of distances that all layers share.
        _distances = layers == 0
            ? new TokenTable(shape.Buckets, shape.Heads)
            : _layers[0].Add("layer.0.SelfAttention.relative_attention_bias", new TokenTable(shape.Buckets, shape.Heads));
        _finalNorm = Add("final_layer_norm", new RmsNorm(shape.Hidden, shape.Epsilon));
    }

    // x [b, u, h], read [b, t, h] → [b, u, h]
    internal Tensor call(Tensor x, Tensor? mask, Tensor? read, Tensor? readMask, KeyValueCache? cache)
    {
        var (past, t) = (cache?.Length ?? 0, x.shape[1]);
        var buckets = RelativeBuckets.Of(past, t, past + t, _shape.Buckets, _shape.DistanceMax, !_writes, x.device);
        var bias = _distances.call(buckets).permute(2, 0, 1).unsqueeze(0); // [1, heads, u, past + u]
        bias = mask is null ? bias : bias + mask;
        for (var k = 0; k < _layers.Count; k++)
        {
            x = _layers[k].call(x, bias, read, readMask, cache, k);
        }
        return _finalNorm.call(x);
    }
}
