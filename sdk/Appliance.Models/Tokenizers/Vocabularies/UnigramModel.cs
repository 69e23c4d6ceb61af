using System.Globalization;
using System.Text;

namespace Appliance.Models.Tokenizers.Vocabularies;

/// <summary>Unigram: of all ways to cut a word, the one with the highest sum of scores.</summary>
/// <remarks>
/// Source: Kudo, Subword Regularization (2018). Neighbouring unknown characters are one token. The search is linear in the
/// word's length times the longest piece.
/// </remarks>
internal sealed class UnigramModel : ITokenModel
{
    private const double UnknownPenalty = 10;
    private readonly List<(string Token, double Score)> _pieces;
    private readonly Dictionary<string, int> _ids = [];
    private readonly PieceTrie _trie = new();
    private readonly double _unknownScore;
    private readonly int? _unknown;
    private readonly int[]? _bytes;
    private readonly WordCache _cache = new();
    private double[] _best = new double[64];
    private int[] _from = new int[64];
    private int[] _id = new int[64];

    internal UnigramModel(List<(string Token, double Score)> pieces, int? unknown, bool byteFallback)
    {
        (_pieces, _unknown) = (pieces, unknown);
        var lowest = double.PositiveInfinity;
        for (var id = 0; id < pieces.Count; id++)
        {
            _ids.TryAdd(pieces[id].Token, id);
            if (pieces[id].Token.Length > 0)
            {
                _trie.Add(pieces[id].Token, id);
            }
            lowest = Math.Min(lowest, pieces[id].Score);
        }
        _unknownScore = lowest - UnknownPenalty;
        _bytes = byteFallback ? [.. Enumerable.Range(0, 256).Select(b => _ids.GetValueOrDefault(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>"), -1))] : null;
    }

    public int Size => _pieces.Count;

    public int? IdOf(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    public string? TokenOf(int id) => id >= 0 && id < _pieces.Count ? _pieces[id].Token : null;

    public void Encode(ReadOnlySpan<char> word, List<Piece> pieces)
    {
        if (word.Length == 0 || _cache.TryAppend(word, pieces))
        {
            return;
        }
        var from = pieces.Count;
        Search(word);
        Walk(word, pieces, from);
        _cache.Keep(word, pieces, from);
    }

    private void Search(ReadOnlySpan<char> word)
    {
        var n = word.Length;
        if (_best.Length <= n)
        {
            (_best, _from, _id) = (new double[n * 2], new int[n * 2], new int[n * 2]);
        }
        Array.Fill(_best, double.NegativeInfinity, 0, n + 1);
        _best[0] = 0;
        for (var at = 0; at < n; at++)
        {
            if (double.IsNegativeInfinity(_best[at]))
            {
                continue; // inside a surrogate pair
            }
            var width = at + 1 < n && char.IsHighSurrogate(word[at]) && char.IsLowSurrogate(word[at + 1]) ? 2 : 1;
            var single = false;
            var node = 0;
            for (var end = at; end < n && _trie.Step(ref node, word[end]); end++)
            {
                if (_trie.IdAt(node) is >= 0 and var id)
                {
                    single |= end + 1 - at == width;
                    Offer(at, end + 1, _best[at] + _pieces[id].Score, id);
                }
            }
            if (!single)
            {
                Offer(at, at + width, _best[at] + _unknownScore, -1);
            }
        }
    }

    private void Offer(int start, int end, double score, int id)
    {
        if (score > _best[end])
        {
            (_best[end], _from[end], _id[end]) = (score, start, id);
        }
    }

    private void Walk(ReadOnlySpan<char> word, List<Piece> pieces, int from)
    {
        for (var end = word.Length; end > 0; end = _from[end])
        {
            var (start, id) = (_from[end], _id[end]);
            id = id == _unknown ? -1 : id;
            if (id < 0 && pieces.Count > from && pieces[^1].Id < 0)
            {
                pieces[^1] = pieces[^1] with { Start = start };
            }
            else
            {
                pieces.Add(new Piece(id, start, end));
            }
        }
        pieces.Reverse(from, pieces.Count - from);
        for (var k = from; k < pieces.Count; k++)
        {
            if (pieces[k].Id < 0)
            {
                k += Unknown(word, pieces, k) - 1;
            }
        }
    }

    // An unknown run as bytes, or as the unknown token; how many tokens it became.
    private int Unknown(ReadOnlySpan<char> word, List<Piece> pieces, int k)
    {
        var (_, start, end) = pieces[k];
        if (_bytes is not null)
        {
            var bytes = new List<Piece>();
            Span<byte> buffer = stackalloc byte[4];
            for (var at = start; at < end;)
            {
                Rune.DecodeFromUtf16(word[at..end], out var rune, out var width);
                var n = rune.EncodeToUtf8(buffer);
                for (var b = 0; b < n; b++)
                {
                    bytes.Add(new Piece(_bytes[buffer[b]], at, at + width));
                }
                at += width;
            }
            if (bytes.TrueForAll(b => b.Id >= 0))
            {
                pieces.RemoveAt(k);
                pieces.InsertRange(k, bytes);
                return bytes.Count;
            }
        }
        pieces[k] = pieces[k] with { Id = _unknown ?? throw new InvalidDataException("The tokenizer has no unknown token for a text outside of its vocabulary.") };
        return 1;
    }
}

/// <summary>A prefix tree over UTF-16 units in one hash table.</summary>
internal sealed class PieceTrie
{
    private readonly Dictionary<long, int> _edges = [];
    private readonly List<int> _ids = [-1];

    internal void Add(string piece, int id)
    {
        var node = 0;
        foreach (var unit in piece)
        {
            var key = Key(node, unit);
            if (!_edges.TryGetValue(key, out var next))
            {
                next = _ids.Count;
                _ids.Add(-1);
                _edges.Add(key, next);
            }
            node = next;
        }
        _ids[node] = _ids[node] < 0 ? id : _ids[node]; // the first of two equal pieces wins
    }

    internal bool Step(ref int node, char unit) => _edges.TryGetValue(Key(node, unit), out node);

    internal int IdAt(int node) => _ids[node];

    private static long Key(int node, char unit) => ((long)node << 16) | unit;
}
