using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;

namespace Appliance.Models.Families;

/// <summary>RoBERTa and XLM-RoBERTa: BERT with positions after the padding id. Sources: Liu et al. (2019), Conneau et al. (2019).</summary>
internal static class Roberta
{
    internal static Family Family { get; } = Family.Of("roberta", Build);

    internal static Family XlmFamily { get; } = Family.Of("xlm-roberta", Build);

    private static Model Build(ModelConfig config, HeadKind kind)
    {
        var layer = Bert.Layer(config);
        var plan = new TextEncoderPlan(
            Bert.Embeddings(config, layer.Hidden, config.Int("type_vocab_size", 2, min: 0), Positions.AfterPadding, 1),
            layer,
            config.Int("num_hidden_layers", min: 0),
            Bert.LayerNames,
            "encoder.layer.{0}",
            Pooler: kind == HeadKind.Base ? "pooler.dense" : null);
        config.Check();
        var rules = Bert.Rules with { Ignored = ["embeddings.position_ids", "lm_head.decoder.bias"] };
        return Bert.Finish(new TextEncoder(config, "Roberta", plan, rules), Heads(), kind);
    }

    /// <summary>MPNet has the same heads.</summary>
    internal static EncoderHeadNames Heads(string prefix = "roberta") => new(
        prefix,
        new DenseHeadNames("classifier.dense", x => x.tanh(), "classifier.out_proj"),
        new MaskedHeadNames("lm_head.dense", Activation.Named("gelu"), "lm_head.layer_norm", "lm_head.decoder", "lm_head.bias"));
}
