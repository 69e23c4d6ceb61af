using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;

namespace Appliance.Models.Families;

/// <summary>DistilBERT: BERT with half the layers, no segments and no pooler. Source: Sanh et al. (2019).</summary>
internal static class DistilBert
{
    internal static Family Family { get; } = Family.Of("distilbert", Build);

    private static readonly EncoderLayerNames LayerNames = new(
        "attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin",
        "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm");

    private static Model Build(ModelConfig config, HeadKind kind)
    {
        const double Epsilon = 1e-12; // fixed in the reference
        var (hidden, heads) = (config.Int("dim|hidden_size"), config.Int("n_heads|num_attention_heads"));
        if (hidden % heads != 0)
        {
            config.Problem($"dim {hidden} is not a multiple of n_heads {heads}");
        }
        var activation = Activation.Of(config, "activation", "gelu");
        _ = config.Flag("sinusoidal_pos_embds", false); // tells how the table was made; it stands in the file either way
        var dropout = config.Number("dropout", 0.1);
        var plan = new TextEncoderPlan(
            new TextEmbeddingShape(config.Int("vocab_size"), hidden, config.Int("max_position_embeddings"), 0,
                config.Int("pad_token_id", 0, min: 0), Epsilon, Positions.FromZero, dropout),
            new EncoderLayerShape(hidden, heads, config.Int("hidden_dim"), activation, Epsilon,
                Dropout: dropout, AttentionDropout: config.Number("attention_dropout", 0.1)),
            config.Int("n_layers|num_hidden_layers", min: 0),
            LayerNames,
            "transformer.layer.{0}");
        config.Check();
        var names = new EncoderHeadNames(
            "distilbert",
            new DenseHeadNames("pre_classifier", Activation.Named("relu"), "classifier"),
            new MaskedHeadNames("vocab_transform", activation, "vocab_layer_norm", "vocab_projector", "vocab_projector.bias"));
        return Bert.Finish(new TextEncoder(config, "DistilBert", plan, Bert.Rules), names, kind);
    }
}
