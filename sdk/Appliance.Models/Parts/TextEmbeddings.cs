using Appliance.Models.Families;
using Appliance.Torch.Beyond;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Models.Parts;

/// <summary>How an encoder numbers its positions.</summary>
public enum Positions
{
    /// <summary>No position vectors; the attention knows the distances.</summary>
    None,

    /// <summary>0, 1, 2, …</summary>
    FromZero,

    /// <summary>RoBERTa's: padding + 1, … for tokens, and the padding id for padding, told by the ids, not by the mask.</summary>
    AfterPadding,
}

/// <summary>The sizes of an encoder's embeddings.</summary>
/// <param name="Types">Segments; 0 for none.</param>
public sealed record TextEmbeddingShape(
    int Vocabulary, int Size, int PositionsMax, int Types, long? Padding, double Epsilon, Positions Positions, double Dropout = 0);

/// <summary>Word, position and segment vectors, summed and normalised: where every BERT relative starts.</summary>
/// <remarks>b = batch, t = tokens, e = embedding size. Names are the same in all families that use it.</remarks>
public sealed class TextEmbeddings : Block
{
    private readonly TextEmbeddingShape _shape;
    private readonly TokenTable? _positions;
    private readonly TokenTable? _types;
    private readonly Norm _norm;

    public TextEmbeddings(TextEmbeddingShape shape)
        : base(nameof(TextEmbeddings))
    {
        _shape = shape;
        Words = Add("word_embeddings", new TokenTable(shape.Vocabulary, shape.Size, shape.Padding));
        if (shape.Positions != Positions.None)
        {
            var padding = shape.Positions == Positions.AfterPadding ? shape.Padding : null;
            _positions = Add("position_embeddings", new TokenTable(shape.PositionsMax, shape.Size, padding));
        }
        if (shape.Types > 0)
        {
            _types = Add("token_type_embeddings", new TokenTable(shape.Types, shape.Size));
        }
        _norm = Add("LayerNorm", new Norm(shape.Size, shape.Epsilon));
    }

    public TokenTable Words { get; }

    // ids [b, t] → [b, t, e]
    public Tensor call(ModelInput input)
    {
        var x = input.InputsEmbeds ?? Words.call(input.InputIds!); // one of the two is set
        var size = x.shape;
        if (_types is not null)
        {
            var types = input.TokenTypeIds ?? zeros([size[0], size[1]], ScalarType.Int64, x.device);
            x = x + _types.call(types);
        }
        if (_positions is not null)
        {
            x = x + _positions.call(input.PositionIds ?? Numbered(input, size[1], x.device));
        }
        var y = _norm.call(x);
        return training && _shape.Dropout > 0 ? Pointwise.Dropout(y, _shape.Dropout) : y;
    }

    private Tensor Numbered(ModelInput input, long tokens, Device device)
    {
        var past = input.Cache?.Length ?? 0;
        var padding = _shape.Padding ?? 0;
        if (_shape.Positions == Positions.FromZero || input.InputIds is null)
        {
            var first = _shape.Positions == Positions.FromZero ? past : padding + 1;
            return arange(first, first + tokens, ScalarType.Int64, device).unsqueeze(0);
        }
        var real = input.InputIds.ne(padding).to(ScalarType.Int64);
        return ((real.cumsum(1) + past) * real) + padding;
    }
}
