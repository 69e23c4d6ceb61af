using System.Globalization;

namespace Appliance.Models.Importing;

/// <summary>GGUF's names of tensors and ours, for the architectures that go both ways.</summary>
internal static class GgufNames
{
    private static readonly (string Theirs, string Ours)[] LlamaLayer =
    [
        ("attn_q", "self_attn.q_proj"), ("attn_k", "self_attn.k_proj"), ("attn_v", "self_attn.v_proj"), ("attn_output", "self_attn.o_proj"),
        ("ffn_gate", "mlp.gate_proj"), ("ffn_up", "mlp.up_proj"), ("ffn_down", "mlp.down_proj"),
        ("attn_norm", "input_layernorm"), ("ffn_norm", "post_attention_layernorm"),
    ];

    private static readonly (string Theirs, string Ours)[] LlamaWhole =
        [("token_embd", "model.embed_tokens"), ("output_norm", "model.norm"), ("output", "lm_head")];

    private static readonly (string Theirs, string Ours)[] BertLayer =
    [
        ("attn_q", "attention.self.query"), ("attn_k", "attention.self.key"), ("attn_v", "attention.self.value"),
        ("attn_output", "attention.output.dense"), ("attn_output_norm", "attention.output.LayerNorm"),
        ("ffn_up", "intermediate.dense"), ("ffn_down", "output.dense"), ("layer_output_norm", "output.LayerNorm"),
    ];

    private static readonly (string Theirs, string Ours)[] BertWhole =
    [
        ("token_embd_norm", "embeddings.LayerNorm"), ("token_embd", "embeddings.word_embeddings"),
        ("position_embd", "embeddings.position_embeddings"), ("token_types", "embeddings.token_type_embeddings"),
    ];

    /// <summary>The file's name for one of ours; null for a tensor that such files do not have.</summary>
    internal static string? Theirs(string architecture, string ours) => Translate(architecture, ours, toTheirs: true);

    /// <summary>Our name for one of the file's; null for one that we do not know.</summary>
    internal static string? Ours(string architecture, string theirs) => Translate(architecture, theirs, toTheirs: false);

    private static string? Translate(string architecture, string name, bool toTheirs)
    {
        var bert = architecture == "bert";
        var (layerTheirs, layerOurs) = ("blk.", bert ? "encoder.layer." : "model.layers.");
        var dot = name.LastIndexOf('.');
        if (dot < 0)
        {
            return null;
        }
        var (stem, end) = (name[..dot], name[dot..]);
        var (from, to) = toTheirs ? (layerOurs, layerTheirs) : (layerTheirs, layerOurs);
        if (!stem.StartsWith(from, StringComparison.Ordinal))
        {
            return Find(bert ? BertWhole : LlamaWhole, stem, toTheirs) is { } whole ? whole + end : null;
        }
        var rest = stem[from.Length..];
        var cut = rest.IndexOf('.', StringComparison.Ordinal);
        return cut > 0 && int.TryParse(rest[..cut], NumberStyles.None, CultureInfo.InvariantCulture, out var layer)
            && Find(bert ? BertLayer : LlamaLayer, rest[(cut + 1)..], toTheirs) is { } part
            ? string.Create(CultureInfo.InvariantCulture, $"{to}{layer}.{part}{end}") : null;
    }

    private static string? Find((string Theirs, string Ours)[] table, string stem, bool toTheirs)
    {
        foreach (var (theirs, ours) in table)
        {
            if ((toTheirs ? ours : theirs) == stem)
            {
                return toTheirs ? theirs : ours;
            }
        }
        return null;
    }
}
