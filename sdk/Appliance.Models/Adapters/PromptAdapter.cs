using Appliance.Models.Families;
using Appliance.Models.Parts;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Models.Adapters;

/// <summary>Learnt vectors before the text: as words (prompt tuning) or as keys and values of every layer (prefix tuning).</summary>
/// <remarks>
/// Sources: Lester et al. (2021), Li and Liang (2021). n = virtual tokens, b = batch, t = tokens, h = hidden size.
/// The vectors stand before the first real token, so a head that reads the first token reads the first vector.
/// </remarks>
public sealed class PromptAdapter
{
    private readonly (int Layers, int Heads)? _prefix;

    /// <param name="vectors">[n, h] as words, or [n, layers · 2 · width] as keys and values, layer by layer.</param>
    /// <param name="prefix">Layers and key heads of a prefix; null for words.</param>
    public PromptAdapter(Tensor vectors, (int Layers, int Heads)? prefix)
    {
        (Vectors, _prefix) = (new Parameter(vectors), prefix);
        Tokens = (int)Vectors.shape[0];
    }

    public Parameter Vectors { get; }

    /// <summary>n.</summary>
    public int Tokens { get; }

    public bool IsPrefix => _prefix is not null;

    /// <summary>A whole text after the learnt vectors.</summary>
    public ModelOutput Forward(Model model, ModelInput input)
    {
        var shape = input.InputIds!.shape; // adapters are for models that read ids
        var mask = Longer(input.AttentionMask, shape[0], shape[1], input.InputIds.device);
        return _prefix is null
            ? model.Forward(Worded(model, input, mask))
            : model.Forward(input with { AttentionMask = mask, Cache = new KeyValueCache(Prefix(shape[0])) });
    }

    /// <summary>The next tokens of a text that is being written; the first step puts the vectors in.</summary>
    internal ModelOutput Continue(Model model, ModelInput input, bool first)
    {
        var batch = input.InputIds!.shape[0];
        var seen = input.Cache!.Length + input.InputIds.shape[1] - (first ? 0 : Tokens);
        var mask = input.AttentionMask is null ? null : Longer(input.AttentionMask, batch, seen, input.InputIds.device);
        if (first && _prefix is null)
        {
            var count = input.InputIds.shape[1];
            var worded = Worded(model, input, mask ?? ones([batch, Tokens + count], ScalarType.Int64, input.InputIds.device));
            return model.Forward(worded with { PositionIds = mask is null ? null : mask.cumsum(1).sub(1).clamp(0) });
        }
        if (first)
        {
            foreach (var (layer, (key, value)) in Prefix(batch).Index())
            {
                input.Cache.Append(layer, key, value);
            }
            input.Cache.Advance(Tokens);
        }
        return model.Forward(input with { AttentionMask = mask, PositionIds = input.PositionIds is null ? null : input.PositionIds + Tokens });
    }

    private ModelInput Worded(Model model, ModelInput input, Tensor mask)
    {
        var batch = input.InputIds!.shape[0];
        var words = model.WordEmbeddings!.call(input.InputIds); // [b, t, h]
        var vectors = Vectors.unsqueeze(0).expand(batch, Tokens, Vectors.shape[1]);
        var types = input.TokenTypeIds is null ? null
            : cat([zeros([batch, Tokens], ScalarType.Int64, words.device), input.TokenTypeIds], 1);
        return input with
        {
            InputIds = null,
            InputsEmbeds = cat([vectors, words], 1),
            AttentionMask = mask,
            TokenTypeIds = types,
            PositionIds = null,
        };
    }

    // [n, layers · 2 · width] → per layer, keys and values [b, heads, n, d]
    private IEnumerable<(Tensor Key, Tensor Value)> Prefix(long batch)
    {
        var (layers, heads) = _prefix!.Value; // asked only where there is one
        var d = Vectors.shape[1] / (2L * layers * heads);
        var all = Vectors.view(Tokens, layers, 2, heads, d).permute(1, 2, 3, 0, 4); // [layers, 2, heads, n, d]
        for (var k = 0; k < layers; k++)
        {
            var both = all.select(0, k);
            yield return (both.select(0, 0).unsqueeze(0).expand(batch, heads, Tokens, d),
                both.select(0, 1).unsqueeze(0).expand(batch, heads, Tokens, d));
        }
    }

    private Tensor Longer(Tensor? mask, long batch, long count, Device device) => cat(
        [ones([batch, Tokens], ScalarType.Int64, device), mask ?? ones([batch, count], ScalarType.Int64, device)], 1);
}
