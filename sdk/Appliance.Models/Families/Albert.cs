using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;

namespace Appliance.Models.Families;

/// <summary>ALBERT: layers share their weights, embeddings are narrow. Source: Lan et al. (2019).</summary>
internal static class Albert
{
    internal static Family Family { get; } = Family.Of("albert", Build);

    private static readonly EncoderLayerNames LayerNames = new(
        "attention.query", "attention.key", "attention.value", "attention.dense",
        "attention.LayerNorm", "ffn", "ffn_output", "full_layer_layer_norm");

    private static Model Build(ModelConfig config, HeadKind kind)
    {
        var layer = Bert.Layer(config) with
        {
            Activation = Activation.Of(config, "hidden_act", "gelu_new"),
            Dropout = config.Number("hidden_dropout_prob", 0),
            AttentionDropout = config.Number("attention_probs_dropout_prob", 0),
        };
        if (config.Int("inner_group_num", 1) != 1)
        {
            config.Problem("field 'inner_group_num' is above 1, which is not implemented");
        }
        var size = config.Int("embedding_size", 128);
        var plan = new TextEncoderPlan(
            Bert.Embeddings(config, size, config.Int("type_vocab_size", 2, min: 0), Positions.FromZero, 0),
            layer,
            config.Int("num_hidden_layers", 12, min: 0),
            LayerNames,
            "encoder.albert_layer_groups.{0}.albert_layers.0",
            Widen: "encoder.embedding_hidden_mapping_in",
            Pooler: kind is HeadKind.Base or HeadKind.SequenceClassification ? "pooler" : null,
            LayerGroups: config.Int("num_hidden_groups", 1));
        config.Check();
        var names = new EncoderHeadNames("albert", null, new MaskedHeadNames(
            "predictions.dense", layer.Activation, "predictions.LayerNorm", "predictions.decoder", "predictions.bias"));
        return Bert.Finish(new TextEncoder(config, "Albert", plan, Bert.Rules), names, kind);
    }
}
