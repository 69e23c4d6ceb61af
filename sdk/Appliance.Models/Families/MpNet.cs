using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;

namespace Appliance.Models.Families;

/// <summary>MPNet: RoBERTa with a bias of relative distance shared by all layers. Source: Song et al. (2020).</summary>
internal static class MpNet
{
    internal static Family Family { get; } = Family.Of("mpnet", Build);

    private const int Padding = 1; // fixed in the reference
    private const int DistanceMax = 128;
    private const int Buckets = 32; // fixed in the reference too, whatever the size of the table

    private static readonly EncoderLayerNames LayerNames = new(
        "attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o",
        "attention.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm");

    private static Model Build(ModelConfig config, HeadKind kind)
    {
        var layer = Bert.Layer(config);
        var rows = config.Int("relative_attention_num_buckets", Buckets, min: Buckets);
        var embeddings = Bert.Embeddings(config, layer.Hidden, 0, Positions.AfterPadding, Padding) with { Padding = Padding };
        var plan = new TextEncoderPlan(
            embeddings,
            layer,
            config.Int("num_hidden_layers", 12, min: 0),
            LayerNames,
            "encoder.layer.{0}",
            Pooler: kind == HeadKind.Base ? "pooler.dense" : null,
            PositionBias: owner =>
            {
                var table = owner.Add("encoder.relative_attention_bias", new TokenTable(rows, layer.Heads));
                return (t, device) => table
                    .call(RelativeBuckets.Of(0, t, t, Buckets, DistanceMax, twoSided: true, device)) // [t, t, heads]
                    .permute(2, 0, 1).unsqueeze(0);
            });
        config.Check();
        var rules = Bert.Rules with { Ignored = ["embeddings.position_ids", "lm_head.decoder.bias"] };
        return Bert.Finish(new TextEncoder(config, "MpNet", plan, rules), Roberta.Heads("mpnet"), kind);
    }
}
