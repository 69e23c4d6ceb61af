namespace Appliance.Models.Tokenizers.Vocabularies;

/// <summary>A token of a word.</summary>
/// <param name="Start">First UTF-16 unit, counted from the word's start.</param>
/// <param name="End">One past the last.</param>
internal readonly record struct Piece(int Id, int Start, int End);

/// <summary>Cuts a word into tokens of a vocabulary.</summary>
internal interface ITokenModel
{
    /// <summary>How many ids there are.</summary>
    int Size { get; }

    /// <summary>Appends the word's tokens; not safe for several threads at once.</summary>
    void Encode(ReadOnlySpan<char> word, List<Piece> pieces);

    int? IdOf(string token);

    string? TokenOf(int id);
}

/// <summary>Tokens by id and ids by token.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<int, string> _tokens = [];

    internal Vocabulary(Dictionary<string, int> ids)
    {
        _ids = ids;
        foreach (var (token, id) in ids)
        {
            _tokens[id] = token;
        }
        Size = ids.Count == 0 ? 0 : ids.Values.Max() + 1;
        Spans = ids.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    internal int Size { get; }

    internal Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> Spans { get; }

    internal IEnumerable<KeyValuePair<string, int>> All => _ids;

    internal int? IdOf(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    internal string? TokenOf(int id) => _tokens.GetValueOrDefault(id);
}

/// <summary>Remembers the tokens of words seen before: most words of a text are few and frequent.</summary>
internal sealed class WordCache
{
    private const int WordsMax = 1 << 15;
    private const int LengthMax = 48;
    private readonly Dictionary<string, Piece[]> _words = [];
    private readonly Dictionary<string, Piece[]>.AlternateLookup<ReadOnlySpan<char>> _spans;

    internal WordCache() => _spans = _words.GetAlternateLookup<ReadOnlySpan<char>>();

    internal bool TryAppend(ReadOnlySpan<char> word, List<Piece> pieces)
    {
        if (word.Length > LengthMax || !_spans.TryGetValue(word, out var known))
        {
            return false;
        }
        pieces.AddRange(known.AsSpan());
        return true;
    }

    internal void Keep(ReadOnlySpan<char> word, List<Piece> pieces, int from)
    {
        if (word.Length <= LengthMax && _words.Count < WordsMax)
        {
            _words[word.ToString()] = pieces[from..].ToArray();
        }
    }
}
