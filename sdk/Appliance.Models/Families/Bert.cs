using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;

namespace Appliance.Models.Families;

/// <summary>BERT. Source: Devlin et al. (2018).</summary>
internal static class Bert
{
    internal static Family Family { get; } = Family.Of("bert", Build);

    internal static readonly EncoderLayerNames LayerNames = new(
        "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
        "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm");

    /// <summary>Older files call a norm's weight gamma and its bias beta, and keep a counter of positions.</summary>
    internal static readonly NameRules Rules = new(
        "",
        [("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias")],
        ["embeddings.position_ids", "embeddings.token_type_ids", "predictions.decoder.bias"],
        new Dictionary<string, string>());

    internal static Model Build(ModelConfig config, HeadKind kind)
    {
        var layer = Layer(config);
        var masked = new MaskedHeadNames("cls.predictions.transform.dense", layer.Activation,
            "cls.predictions.transform.LayerNorm", "cls.predictions.decoder", "cls.predictions.bias");
        var plan = new TextEncoderPlan(
            Embeddings(config, layer.Hidden, config.Int("type_vocab_size", 2, min: 0), Positions.FromZero, 0),
            layer,
            config.Int("num_hidden_layers", min: 0),
            LayerNames,
            "encoder.layer.{0}",
            Pooler: kind is HeadKind.Base or HeadKind.SequenceClassification ? "pooler.dense" : null);
        config.Check();
        return Finish(new TextEncoder(config, "Bert", plan, Rules), new EncoderHeadNames("bert", null, masked), kind);
    }

    /// <summary>The fields that BERT, RoBERTa, ELECTRA and others have in common.</summary>
    internal static EncoderLayerShape Layer(ModelConfig config)
    {
        var (hidden, heads) = (config.Int("hidden_size"), config.Int("num_attention_heads"));
        if (hidden % heads != 0)
        {
            config.Problem($"hidden_size {hidden} is not a multiple of num_attention_heads {heads}");
        }
        config.MustBe("is_decoder", false);
        config.OneOf("position_embedding_type", "absolute");
        return new EncoderLayerShape(
            hidden,
            heads,
            config.Int("intermediate_size"),
            Activation.Of(config, "hidden_act", "gelu"),
            config.Number("layer_norm_eps", 1e-12),
            Dropout: config.Number("hidden_dropout_prob", 0.1),
            AttentionDropout: config.Number("attention_probs_dropout_prob", 0.1));
    }

    internal static TextEmbeddingShape Embeddings(
        ModelConfig config, int size, int types, Positions positions, int paddingDefault)
    {
        var vocabulary = config.Int("vocab_size");
        var padding = config.Int("pad_token_id", paddingDefault, min: -1);
        return new TextEmbeddingShape(
            vocabulary, size, config.Int("max_position_embeddings"), types, padding < 0 || padding >= vocabulary ? null : padding,
            config.Number("layer_norm_eps", 1e-12), positions, config.Number("hidden_dropout_prob", 0.1));
    }

    internal static Model Finish(Encoder encoder, EncoderHeadNames names, HeadKind kind)
    {
        encoder.KnowPrefix(names.Prefix + ".");
        return kind is HeadKind.Base or HeadKind.BaseWithoutPooler ? encoder : new HeadedEncoder(encoder, names, kind);
    }
}
