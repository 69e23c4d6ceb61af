using Appliance.Domain.Privacy.Cues;

namespace Appliance.Domain.Privacy.Scanning;

/// <summary>A find in the view of one scan.</summary>
/// <param name="Type">A name of <see cref="EntityTypes"/>.</param>
/// <param name="Score">0 to 1.</param>
/// <param name="Why">The rule; never a part of the text.</param>
internal readonly record struct Found(string Type, int Start, int End, float Score, string Why);

/// <summary>One text on its way through the recognizers: its view, its tokens, what was found. Used again for the next text.</summary>
internal sealed class Scan
{
    private const int CuesBack = 8;
    private const int CuesAhead = 4;
    private const int FindsMax = 1 << 20;
    private readonly TextBytes _text = new();
    private Token[] _tokens = new Token[256];
    private CueSet[] _cues = new CueSet[256];
    private bool[] _cued = new bool[256];
    private int[] _digits = new int[64];
    private int _digitCount;
    private int[] _marks = new int[64];
    private int _markCount;
    private Found[] _found = new Found[64];

    internal ReadOnlySpan<byte> View => _text.View;

    internal TextBytes Text => _text;

    internal ReadOnlySpan<Token> Tokens => _tokens.AsSpan(0, TokenCount);

    /// <summary>The tokens with a digit in them, by their place among the tokens.</summary>
    internal ReadOnlySpan<int> Digits => _digits.AsSpan(0, _digitCount);

    /// <summary>The tokens that a mark follows, and very long ones, by their place among the tokens.</summary>
    internal ReadOnlySpan<int> Marks => _marks.AsSpan(0, _markCount);

    internal int TokenCount { get; private set; }

    internal int FoundCount { get; private set; }

    internal Span<Found> Finds => _found.AsSpan(0, FoundCount);

    /// <summary>The column or key that the whole text stands under; empty where there is none.</summary>
    internal CueSet Label { get; private set; }

    internal void Read(ReadOnlyMemory<byte> utf8, CueSet label)
    {
        _text.Read(utf8);
        (TokenCount, _digitCount, _markCount) = Tokenizer.Cut(_text.View, ref _tokens, ref _digits, ref _marks);
        if (_cues.Length < TokenCount)
        {
            (_cues, _cued) = (new CueSet[_tokens.Length], new bool[_tokens.Length]);
        }
        Array.Clear(_cued, 0, TokenCount);
        (FoundCount, Label) = (0, label);
    }

    /// <exception cref="InvalidOperationException">A text of a million finds is an attack.</exception>
    internal void Add(string type, int start, int end, float score, string why)
    {
        if (FoundCount == FindsMax)
        {
            throw new InvalidOperationException("more finds than a text can have");
        }
        if (FoundCount == _found.Length)
        {
            Array.Resize(ref _found, _found.Length * 2);
        }
        _found[FoundCount++] = new Found(type, start, end, score, why);
    }

    /// <summary>What the words around say: eight before, four after, and the label of the whole.</summary>
    internal CueSet Around(int first, int last) => Before(first) | After(last);

    /// <summary>What the words before say, and the label of the whole.</summary>
    internal CueSet Before(int first, int back = CuesBack)
    {
        var all = Label;
        for (var k = Math.Max(0, first - back); k < first; k++)
        {
            all |= CueOf(k);
        }
        return all;
    }

    internal CueSet After(int last, int ahead = CuesAhead)
    {
        var all = default(CueSet);
        for (var k = last + 1; k <= Math.Min(TokenCount - 1, last + ahead) && !_tokens[k].Has(Kinds.LineBefore); k++)
        {
            all |= CueOf(k);
        }
        return all;
    }

    internal CueSet CueOf(int token)
    {
        if (!_cued[token])
        {
            (_cues[token], _cued[token]) = (CueLexicon.Of(_text.View[_tokens[token].Start.._tokens[token].End], _tokens[token]), true);
        }
        return _cues[token];
    }
}
