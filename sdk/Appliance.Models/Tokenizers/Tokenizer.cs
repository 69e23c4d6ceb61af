using Appliance.Models.Tokenizers.Normalizing;
using Appliance.Models.Tokenizers.Splitting;
using Appliance.Models.Tokenizers.Vocabularies;

namespace Appliance.Models.Tokenizers;

/// <summary>The parts of a tokenizer as its file describes them.</summary>
internal sealed record TokenizerParts(
    INormalizer? Normalizer,
    IPreTokenizer? PreTokenizer,
    ITokenModel Model,
    PostProcessor PostProcessor,
    IDecoder? Decoder,
    IReadOnlyList<AddedToken> Added,
    Truncation? Truncation = null,
    Padding? Padding = null);

/// <summary>Text to ids with offsets into the original text, and back: the same as the reference's, on any text.</summary>
/// <remarks>
/// 1 added tokens are found in the text · 2 what is between them is normalised · 3 added tokens are found again · 4 the rest
/// is split into words · 5 words become tokens · 6 special tokens are put around. One thread at a time; open one tokenizer
/// for each thread. Offsets are UTF-16 code units.
/// </remarks>
public sealed class Tokenizer
{
    private readonly TokenizerParts _parts;
    private readonly AddedTokenFinder _raw;
    private readonly AddedTokenFinder _normalised;
    private readonly Dictionary<int, AddedToken> _added;
    private readonly Dictionary<string, int> _addedIds = [];
    private readonly TextBuffer _text = new();
    private readonly List<Span> _spans = [];
    private readonly List<Piece> _pieces = [];
    private readonly List<EncodedToken> _tokens = [];
    private readonly bool _trims;
    private int _word;

    internal Tokenizer(TokenizerParts parts)
    {
        _parts = parts;
        _added = [];
        foreach (var token in parts.Added)
        {
            _added[token.Id] = token;
            _addedIds[token.Content] = token.Id;
        }
        _raw = new AddedTokenFinder(parts.Added.Where(t => !t.Normalized).Select(t => (t.Content, t)));
        _normalised = new AddedTokenFinder(parts.Added.Where(t => t.Normalized).Select(t => (Normalise(t.Content), t)));
        _trims = parts.PostProcessor.TrimOffsets;
        Size = Math.Max(parts.Model.Size, parts.Added.Select(t => t.Id + 1).DefaultIfEmpty().Max());
    }

    /// <summary>How many ids there are, added tokens included.</summary>
    public int Size { get; }

    /// <summary>Tokens that are looked for in the text itself.</summary>
    public IReadOnlyCollection<AddedToken> Added => _added.Values;

    /// <summary>Opens the tokenizer of a model's folder: tokenizer.json, or the older files.</summary>
    /// <exception cref="InvalidDataException">No tokenizer, or one that is malformed or asks for what is not supported.</exception>
    public static Tokenizer Open(string folder) => TokenizerFolder.Open(folder);

    public int? IdOf(string token) => _addedIds.TryGetValue(token, out var id) ? id : _parts.Model.IdOf(token);

    public string? TokenOf(int id) => _added.TryGetValue(id, out var token) ? token.Content : _parts.Model.TokenOf(id);

    /// <summary>The tokens of a text, special ones around them unless told otherwise; the file's own truncation and padding apply.</summary>
    /// <param name="pair">A second text, such as the context of a question.</param>
    /// <exception cref="ArgumentException">A truncation that the texts do not allow.</exception>
    public TokenEncoding Encode(string text, string? pair = null, bool addSpecial = true, Truncation? truncation = null, Padding? padding = null)
    {
        var first = Plain(text);
        var second = pair is null ? null : Plain(pair);
        if ((truncation ?? _parts.Truncation) is { } cut)
        {
            (first, second) = (cut.Read(first, isFirst: true), second is null ? null : cut.Read(second, isFirst: false));
            (first, second) = cut.Apply(first, second, addSpecial ? _parts.PostProcessor.Added(pair is not null) : 0);
        }
        var whole = _parts.PostProcessor.Apply(first, second, addSpecial);
        return (padding ?? _parts.Padding) is { } fill ? fill.Apply(whole, whole.Tokens.Count) : whole;
    }

    /// <summary>Appends the ids of a text, without special tokens around; allocates nothing once it is warm.</summary>
    public void EncodeTo(ReadOnlySpan<char> text, List<int> ids)
    {
        Tokenize(text);
        foreach (ref readonly var token in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_tokens))
        {
            ids.Add(token.Id);
        }
    }

    /// <summary>The text of some tokens.</summary>
    public string Decode(IEnumerable<int> ids, bool skipSpecial = true)
    {
        var tokens = new List<string>();
        foreach (var id in ids)
        {
            if (!(skipSpecial && _added.TryGetValue(id, out var added) && added.Special) && TokenOf(id) is { } token)
            {
                tokens.Add(token);
            }
        }
        return _parts.Decoder is null ? string.Join(' ', tokens) : string.Concat(_parts.Decoder.Decode(tokens));
    }

    /// <summary>The text of some tokens that are given as they stand in the vocabulary; spacing is left as it comes.</summary>
    public string Join(IEnumerable<string> tokens) => _parts.Decoder switch
    {
        null => string.Join(' ', tokens),
        WordPieceDecoder decoder => string.Concat(decoder.Plain([.. tokens])),
        var decoder => string.Concat(decoder.Decode([.. tokens])),
    };

    /// <summary>Whether pieces inside of a word carry a mark, as WordPiece's ## does.</summary>
    public bool HasInsidePrefix => _parts.Model is WordPieceModel;

    private TokenEncoding Plain(string text)
    {
        Tokenize(text);
        return new TokenEncoding([.. _tokens]);
    }

    private void Tokenize(ReadOnlySpan<char> text)
    {
        _tokens.Clear();
        _word = 0;
        var done = 0;
        while (!_raw.IsEmpty && _raw.Next(text, done, done) is { } found)
        {
            Between(text[done..found.Start], done);
            AddWhole(found.Token.Id, found.Start, found.End, text[found.Start..found.End]);
            done = found.End;
        }
        Between(text[done..], done);
    }

    private void Between(ReadOnlySpan<char> text, int offset)
    {
        if (text.Length == 0)
        {
            return;
        }
        _text.Load(text, offset);
        _parts.Normalizer?.Apply(_text);
        if (_normalised.IsEmpty || _normalised.Next(_text.Text, 0, 0) is null)
        {
            Words(0, _text.Length);
            return;
        }
        var whole = _text.Text.ToString(); // words are split in a buffer of their own below
        var places = new List<(AddedToken? Token, int Start, int End)>();
        var done = 0;
        while (_normalised.Next(whole, done, done) is { } found)
        {
            places.Add((null, done, found.Start));
            places.Add((found.Token, found.Start, found.End));
            done = found.End;
        }
        places.Add((null, done, whole.Length));
        Pieces(whole, places);
    }

    // Splitting may rewrite the buffer, so it gets each stretch between added tokens anew, with its offsets.
    private void Pieces(string whole, List<(AddedToken? Token, int Start, int End)> places)
    {
        if (places.Count == 1)
        {
            Words(0, _text.Length);
            return;
        }
        var original = Enumerable.Range(0, whole.Length).Select(k => (_text.StartOf(k), _text.EndOf(k))).ToArray();
        foreach (var (token, start, end) in places)
        {
            if (token is not null)
            {
                AddWhole(token.Id, original[start].Item1, original[end - 1].Item2, whole.AsSpan(start, end - start));
                continue;
            }
            _text.Begin();
            for (var k = start; k < end; k++)
            {
                _text.Put(whole[k], original[k].Item1, original[k].Item2);
            }
            _text.End();
            Words(0, end - start);
        }
    }

    private void Words(int from, int to)
    {
        if (to <= from)
        {
            return;
        }
        _spans.Clear();
        _spans.Add(new Span(from, to));
        _parts.PreTokenizer?.Split(_text, _spans);
        foreach (ref readonly var span in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_spans))
        {
            _pieces.Clear();
            _parts.Model.Encode(_text.Text[span.Start..span.End], _pieces);
            foreach (ref readonly var piece in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_pieces))
            {
                var (a, b) = (span.Start + piece.Start, span.Start + piece.End);
                var (start, end) = _text.Original(a, b);
                _tokens.Add(Token(piece.Id, start, end, _trims ? _text.Text[a..b] : default));
            }
            _word++;
        }
    }

    private void AddWhole(int id, int start, int end, ReadOnlySpan<char> text)
    {
        _tokens.Add(Token(id, start, end, _trims ? text : default) with { Whole = true });
        _word++;
    }

    private EncodedToken Token(int id, int start, int end, ReadOnlySpan<char> text)
    {
        var (leading, trailing) = (0, 0);
        while (leading < text.Length && IsBlank(text[leading]))
        {
            leading++;
        }
        while (trailing < text.Length && IsBlank(text[text.Length - 1 - trailing]))
        {
            trailing++;
        }
        return new EncodedToken(id, start, end, _word, 0, 0, false, true) { Leading = Clipped(leading), Trailing = Clipped(trailing) };
    }

    private static byte Clipped(int count) => (byte)Math.Min(count, byte.MaxValue);

    private static bool IsBlank(char unit) => unit == ByteChars.Of((byte)' ') || char.IsWhiteSpace(unit);

    private string Normalise(string content)
    {
        if (_parts.Normalizer is null)
        {
            return content;
        }
        var buffer = new TextBuffer();
        buffer.Load(content, 0);
        _parts.Normalizer.Apply(buffer);
        return buffer.Text.ToString();
    }
}
