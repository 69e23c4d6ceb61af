namespace Appliance.Models.Tokenizers.Vocabularies;

/// <summary>WordPiece: the longest piece that fits, again and again; a word with a rest that fits nothing is unknown whole.</summary>
/// <remarks>Source: Schuster and Nakajima (2012), as BERT applies it.</remarks>
internal sealed class WordPieceModel : ITokenModel
{
    private readonly Vocabulary _vocabulary;
    private readonly Dictionary<string, int> _inside = [];
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _insideSpans;
    private readonly int _longest;
    private readonly int _charactersMax;
    private readonly int _unknown;
    private readonly WordCache _cache = new();

    /// <exception cref="InvalidDataException">The vocabulary has no unknown token.</exception>
    internal WordPieceModel(Vocabulary vocabulary, string unknown, string prefix, int charactersMax)
    {
        (_vocabulary, _charactersMax) = (vocabulary, charactersMax);
        _unknown = vocabulary.IdOf(unknown) ?? throw new InvalidDataException("The vocabulary lacks the unknown token that the tokenizer names.");
        foreach (var (token, id) in vocabulary.All)
        {
            if (token.StartsWith(prefix, StringComparison.Ordinal) && token.Length > prefix.Length)
            {
                _inside[token[prefix.Length..]] = id;
            }
            _longest = Math.Max(_longest, token.Length);
        }
        _insideSpans = _inside.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public int Size => _vocabulary.Size;

    public int? IdOf(string token) => _vocabulary.IdOf(token);

    public string? TokenOf(int id) => _vocabulary.TokenOf(id);

    public void Encode(ReadOnlySpan<char> word, List<Piece> pieces)
    {
        if (_cache.TryAppend(word, pieces))
        {
            return;
        }
        var from = pieces.Count;
        if (Characters(word) > _charactersMax || !Cut(word, pieces))
        {
            pieces.RemoveRange(from, pieces.Count - from);
            pieces.Add(new Piece(_unknown, 0, word.Length));
        }
        _cache.Keep(word, pieces, from);
    }

    private bool Cut(ReadOnlySpan<char> word, List<Piece> pieces)
    {
        for (var start = 0; start < word.Length;)
        {
            var lookup = start == 0 ? _vocabulary.Spans : _insideSpans;
            var end = Math.Min(word.Length, start + _longest);
            while (end > start)
            {
                if (!SplitsPair(word, end) && lookup.TryGetValue(word[start..end], out var id))
                {
                    pieces.Add(new Piece(id, start, end));
                    break;
                }
                end--;
            }
            if (end == start)
            {
                return false;
            }
            start = end;
        }
        return true;
    }

    private static bool SplitsPair(ReadOnlySpan<char> word, int at) =>
        at < word.Length && char.IsLowSurrogate(word[at]) && char.IsHighSurrogate(word[at - 1]);

    private static int Characters(ReadOnlySpan<char> word)
    {
        var n = word.Length;
        for (var k = 1; k < word.Length; k++)
        {
            n -= SplitsPair(word, k) ? 1 : 0;
        }
        return n;
    }
}

/// <summary>Whole words only.</summary>
internal sealed class WordLevelModel(Vocabulary vocabulary, string unknown) : ITokenModel
{
    public int Size => vocabulary.Size;

    public int? IdOf(string token) => vocabulary.IdOf(token);

    public string? TokenOf(int id) => vocabulary.TokenOf(id);

    public void Encode(ReadOnlySpan<char> word, List<Piece> pieces)
    {
        if (vocabulary.Spans.TryGetValue(word, out var id) || vocabulary.Spans.TryGetValue(unknown, out id))
        {
            pieces.Add(new Piece(id, 0, word.Length));
        }
    }
}
