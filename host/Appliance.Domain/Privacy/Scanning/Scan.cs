using Appliance.Domain.Privacy.Cues;
using Appliance.Domain.Privacy.Tagging;

namespace Appliance.Domain.Privacy.Scanning;

/// <summary>A find in the view of one scan.</summary>
/// <param name="Type">A name of <see cref="EntityTypes"/>.</param>
/// <param name="Score">0 to 1.</param>
/// <param name="Why">The rule; never a part of the text.</param>
internal readonly record struct Found(string Type, int Start, int End, float Score, string Why);

/// <summary>One text on its way through the recognizers: its view, its tokens, what was found. Used again for the next text.</summary>
internal sealed class Scan
{
    private const double CapitalsMin = 0.005;
    private const int CuesBack = 8;
    private const int CuesAhead = 4;
    private const int FindsMax = 1 << 20;
    private readonly TextBytes _text = new();
    private readonly Tokenizer _words = new(Detector.Awaited);
    private Found[] _found = new Found[64];

    internal ReadOnlySpan<byte> View => _text.View;

    internal NameRoom Names { get; } = new();

    internal TextBytes Text => _text;

    internal ReadOnlySpan<Token> Tokens => _words.Tokens;

    /// <inheritdoc cref="Tokenizer.Digits"/>
    internal ReadOnlySpan<int> Digits => _words.Digits;

    /// <inheritdoc cref="Tokenizer.Marks"/>
    internal ReadOnlySpan<int> Marks => _words.Marks;

    /// <inheritdoc cref="Tokenizer.Capitals"/>
    internal ReadOnlySpan<int> Capitals => _words.Capitals;

    /// <inheritdoc cref="Tokenizer.Awaited"/>
    internal ReadOnlySpan<int> Awaited => _words.Awaited;

    /// <summary>Whether an awaited token may be a word that these wait for.</summary>
    internal bool IsFor(int token, Waiting who) => (Detector.Awaited.Of(Tokens[token].Hash) & (int)who) != 0;

    /// <summary>Whether nobody wrote capitals here: then a small letter says nothing.</summary>
    internal bool IsSmall => Whole?.IsSmall ?? IsSmallText(TokenCount, Capitals.Length);

    internal static bool IsSmallText(long tokens, long capitals) => capitals < tokens * CapitalsMin;

    /// <summary>The text that this is a piece of; null where it is the whole.</summary>
    internal WholeText? Whole { get; set; }

    internal int TokenCount => _words.Tokens.Length;

    internal int FoundCount { get; private set; }

    internal Span<Found> Finds => _found.AsSpan(0, FoundCount);

    /// <summary>The column or key that the whole text stands under; empty where there is none.</summary>
    internal CueSet Label { get; private set; }

    internal void Read(ReadOnlyMemory<byte> utf8, CueSet label, IReadOnlySet<string>? own = null)
    {
        _text.Read(utf8, own);
        _words.Cut(_text.View);
        (FoundCount, Label) = (0, label);
    }

    /// <summary>Nothing of the last text stays in memory that is kept.</summary>
    internal void Forget()
    {
        _text.Forget();
        (FoundCount, Whole) = (0, null);
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
        foreach (var token in Tokens[Math.Max(0, first - back)..first])
        {
            all |= CueLexicon.Of(token);
        }
        return first > 1 && Tokens[first - 1].Length == 1 && Tokens[first - 2] is { Length: 1, After: (byte)'.' } ? all | CueLexicon.OfInitials(Tokens[first - 2], Tokens[first - 1]) : all;
    }

    internal CueSet After(int last, int ahead = CuesAhead)
    {
        var all = default(CueSet);
        var tokens = Tokens;
        for (var k = last + 1; k <= Math.Min(tokens.Length - 1, last + ahead) && !tokens[k].Has(Kinds.LineBefore); k++)
        {
            all |= CueLexicon.Of(tokens[k]);
        }
        return all;
    }

    internal CueSet CueOf(int token) => CueLexicon.Of(Tokens[token]);
}
