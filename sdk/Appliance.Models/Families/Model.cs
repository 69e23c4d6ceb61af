using Appliance.Models.Adapters;
using Appliance.Models.Config;
using Appliance.Models.Parts;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Models.Families;

/// <summary>What a model is asked; each family reads what it knows.</summary>
/// <remarks>b = batch, t = tokens, h = hidden size, p = tokens already in the cache.</remarks>
public sealed record ModelInput
{
    /// <summary>[b, t] int64.</summary>
    public Tensor? InputIds { get; init; }

    /// <summary>[b, t, h] in place of <see cref="InputIds"/>, for prompts that are learnt vectors.</summary>
    public Tensor? InputsEmbeds { get; init; }

    /// <summary>[b, p + t] int64, 1 where a token is; null where there is no padding.</summary>
    public Tensor? AttentionMask { get; init; }

    /// <summary>[b, t] int64 segment of each token; null for all zero.</summary>
    public Tensor? TokenTypeIds { get; init; }

    /// <summary>[b, t] int64; null for p, p + 1, …</summary>
    public Tensor? PositionIds { get; init; }

    /// <summary>[b, t] int64: which text each token belongs to, where several share a row; tokens see their own text only. Decoders.</summary>
    public Tensor? Texts { get; init; }

    /// <summary>[b, channels, height, width] float32.</summary>
    public Tensor? PixelValues { get; init; }

    /// <summary>[b, u] int64, for encoder-decoder models.</summary>
    public Tensor? DecoderInputIds { get; init; }

    /// <summary>[b, t, h] what the encoder said before; null to run it.</summary>
    public Tensor? EncoderHidden { get; init; }

    /// <summary>Keys and values of the tokens before these; null for none.</summary>
    public KeyValueCache? Cache { get; init; }

    /// <summary>Forget the inside of layers and compute it again in the backward pass; null to keep everything.</summary>
    public Recomputation? Recompute { get; init; }

    /// <summary>Keep hidden states and attention probabilities; default false, they cost memory.</summary>
    public bool Trace { get; init; }
}

/// <summary>What a model says; only what its head makes is set.</summary>
public sealed record ModelOutput
{
    /// <summary>[b, t, h] after the last block.</summary>
    public Tensor? Last { get; init; }

    /// <summary>[b, h] of the family's own pooler.</summary>
    public Tensor? Pooled { get; init; }

    /// <summary>Scores of the head; any finite value.</summary>
    public Tensor? Logits { get; init; }

    /// <summary>[b, t] score of each token as the first of an answer.</summary>
    public Tensor? StartLogits { get; init; }

    /// <summary>[b, t] score of each token as the last of an answer.</summary>
    public Tensor? EndLogits { get; init; }

    /// <summary>[b, t, h] of the encoder, in encoder-decoder models.</summary>
    public Tensor? EncoderLast { get; init; }

    /// <summary>Embeddings, then the output of each block; empty without <see cref="ModelInput.Trace"/>.</summary>
    public IReadOnlyList<Tensor> HiddenStates { get; init; } = [];

    /// <summary>[b, heads, t, t] of each block; empty without <see cref="ModelInput.Trace"/>.</summary>
    public IReadOnlyList<Tensor> Attentions { get; init; } = [];

    /// <summary>Outputs of a conv net's stages by name; empty without <see cref="ModelInput.Trace"/>.</summary>
    public IReadOnlyDictionary<string, Tensor> Stages { get; init; } = new Dictionary<string, Tensor>();
}

/// <summary>A model of some family, with or without a head; its parameters have the checkpoint's names.</summary>
public abstract class Model(ModelConfig config, string name) : Block(name)
{
    public ModelConfig Config { get; } = config;

    /// <summary>The table of token vectors; null where the model reads images.</summary>
    public virtual TokenTable? WordEmbeddings => null;

    /// <summary>How the checkpoint's names of this family become ours; most need nothing.</summary>
    public virtual NameRules Names { get; protected internal set; } = NameRules.None;

    public abstract ModelOutput Forward(ModelInput input);

    /// <summary>[b, h] the vector that a classifying head reads; null without such a head.</summary>
    public virtual Tensor? Feature(ModelOutput output) => null;

    /// <summary>[b, h] of <see cref="Feature"/> → [b, classes], for vectors that were kept; null without such a head.</summary>
    public virtual Tensor? Classify(Tensor feature) => null;

    /// <summary>Learnt vectors before every text; null for none.</summary>
    public PromptAdapter? Prompt { get; private set; }

    /// <summary>Puts learnt vectors before every text from now on; they are a parameter of the model.</summary>
    public void Attach(PromptAdapter prompt)
    {
        Prompt = prompt;
        AddExisting("prompt_embeddings", prompt.Vectors);
    }

    /// <summary>A pass with the learnt vectors, where there are any.</summary>
    public ModelOutput Answer(ModelInput input) => Prompt is null ? Forward(input) : Prompt.Forward(this, input);

    /// <summary>Every projection under its name: what adapters and packing work on.</summary>
    public IEnumerable<(string Name, Projection Projection)> Projections =>
        named_modules().Where(m => m.module is Projection).Select(m => (m.name, (Projection)m.module));

    /// <summary>Every convolution under its name.</summary>
    public IEnumerable<(string Name, Convolution Convolution)> Convolutions =>
        named_modules().Where(m => m.module is Convolution).Select(m => (m.name, (Convolution)m.module));

    /// <summary>Packs every weight for answering; the model must not be trained afterwards.</summary>
    public void Prepare(InferencePrecision precision)
    {
        foreach (var (_, projection) in Projections)
        {
            projection.Prepare(precision);
        }
        foreach (var part in named_modules().Select(m => m.module).OfType<IPreparable>())
        {
            part.Prepare(precision);
        }
    }
}

/// <summary>A model with a share of its features dropped in training that a recipe may set.</summary>
public interface IHasDropout
{
    /// <param name="share">0 to below 1; 0 for none.</param>
    void SetDropout(double share);
}

/// <summary>What a family's checkpoints may hold beside, or under other names than, the model's own tensors.</summary>
/// <param name="BasePrefix">Where the base stands inside a model with a head, such as <c>bert.</c>; files may lack it.</param>
/// <param name="Renames">Old text → new text, applied to a name's end or middle in this order.</param>
/// <param name="Ignored">Ends of names that hold no weights: masks, position counters, tables that are computed.</param>
/// <param name="Optional">Tensors that a file may lack because they are another tensor: absent → taken from.</param>
public sealed record NameRules(
    string BasePrefix,
    IReadOnlyList<(string Old, string New)> Renames,
    IReadOnlyList<string> Ignored,
    IReadOnlyDictionary<string, string> Optional)
{
    /// <summary>Starts of names that this model leaves alone, such as a decoder where only the encoder is wanted.</summary>
    public IReadOnlyList<string> IgnoredStarts { get; init; } = [];

    public static NameRules None { get; } = new("", [], [], new Dictionary<string, string>());
}
