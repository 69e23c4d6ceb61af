using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;

namespace Appliance.Models.Families;

/// <summary>ELECTRA: BERT whose embeddings may be narrower than its layers. Source: Clark et al. (2020).</summary>
internal static class Electra
{
    internal static Family Family { get; } = Family.Of("electra", Build);

    private static Model Build(ModelConfig config, HeadKind kind)
    {
        var layer = Bert.Layer(config);
        var size = config.Int("embedding_size", 128);
        var plan = new TextEncoderPlan(
            Bert.Embeddings(config, size, config.Int("type_vocab_size", 2, min: 0), Positions.FromZero, 0),
            layer,
            config.Int("num_hidden_layers", min: 0),
            Bert.LayerNames,
            "encoder.layer.{0}",
            Widen: size == layer.Hidden ? null : "embeddings_project");
        config.Check();
        var names = new EncoderHeadNames(
            "electra",
            new DenseHeadNames("classifier.dense", Activation.Named("gelu"), "classifier.out_proj"),
            new MaskedHeadNames("generator_predictions.dense", Activation.Named("gelu"), "generator_predictions.LayerNorm",
                "generator_lm_head", "generator_lm_head.bias"));
        return Bert.Finish(new TextEncoder(config, "Electra", plan, Bert.Rules), names, kind);
    }
}
