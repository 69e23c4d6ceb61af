using System.Globalization;
using System.Text;

namespace Appliance.Models.Tokenizers.Vocabularies;

/// <summary>What a byte-pair vocabulary may ask for.</summary>
/// <param name="Unknown">Stands for characters outside of the vocabulary; null to leave them out.</param>
/// <param name="Inside">In front of every character but a word's first.</param>
/// <param name="WordEnd">Behind a word's last character.</param>
/// <param name="FuseUnknown">Neighbouring unknown characters are one token.</param>
/// <param name="ByteFallback">Unknown characters are written as bytes, &lt;0x0A&gt; and so on.</param>
/// <param name="IgnoreMerges">A word that is in the vocabulary is one token whatever the merges say.</param>
internal sealed record BpeOptions(
    string? Unknown = null, string Inside = "", string WordEnd = "", bool FuseUnknown = false, bool ByteFallback = false, bool IgnoreMerges = false);

/// <summary>Byte-pair encoding: neighbours are joined in the order that the merges were learnt.</summary>
/// <remarks>Source: Sennrich, Haddow and Birch (2016). A heap over the pairs: n log n in the word's length, however long.</remarks>
internal sealed class BpeModel : ITokenModel
{
    private readonly Vocabulary _vocabulary;
    private readonly PairTable _merges;
    private readonly BpeOptions _options;
    private readonly int? _unknown;
    private readonly int[] _bytes = new int[256];
    private readonly WordCache _cache = new();
    private readonly List<Symbol> _symbols = [];
    private readonly LongHeap _queue = new(); // rank, then place
    private readonly List<int> _joined = [];
    private readonly PriorityQueue<int, long> _urgent = new(); // made by a join, and learnt before it: they go first

    private struct Symbol
    {
        internal int Id;
        internal int Start;
        internal int End;
        internal int Before;
        internal int After;
    }

    /// <param name="merges">Pairs in the order of their learning; those whose parts or whole are unknown are refused.</param>
    /// <exception cref="InvalidDataException">A merge names a token that the vocabulary lacks.</exception>
    internal BpeModel(Vocabulary vocabulary, IReadOnlyList<(string Left, string Right)> merges, BpeOptions options)
    {
        (_vocabulary, _options) = (vocabulary, options);
        _merges = new PairTable(merges.Count);
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            var whole = left + (options.Inside.Length > 0 && right.StartsWith(options.Inside, StringComparison.Ordinal) ? right[options.Inside.Length..] : right);
            if (vocabulary.IdOf(left) is not { } a || vocabulary.IdOf(right) is not { } b || vocabulary.IdOf(whole) is not { } c)
            {
                throw new InvalidDataException($"The tokenizer's merge {rank} names a token that its vocabulary lacks.");
            }
            _merges.TryAdd(a, b, rank, c);
        }
        _unknown = options.Unknown is null ? null : vocabulary.IdOf(options.Unknown);
        for (var b = 0; b < 256; b++)
        {
            _bytes[b] = options.ByteFallback ? vocabulary.IdOf(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>")) ?? -1 : -1;
        }
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
        if (_options.IgnoreMerges && _vocabulary.Spans.TryGetValue(word, out var whole))
        {
            pieces.Add(new Piece(whole, 0, word.Length));
        }
        else
        {
            Start(word);
            Merge();
            for (var k = 0; k >= 0 && _symbols.Count > 0; k = _symbols[k].After)
            {
                pieces.Add(new Piece(_symbols[k].Id, _symbols[k].Start, _symbols[k].End));
            }
        }
        _cache.Keep(word, pieces, from);
    }

    // One symbol a character, or a byte, or an unknown run.
    private void Start(ReadOnlySpan<char> word)
    {
        _symbols.Clear();
        var (unknownStart, unknownEnd) = (-1, -1);
        for (var at = 0; at < word.Length;)
        {
            var end = at + (at + 1 < word.Length && char.IsHighSurrogate(word[at]) && char.IsLowSurrogate(word[at + 1]) ? 2 : 1);
            if (Known(word, at, end) is { } id)
            {
                FlushUnknown(ref unknownStart, unknownEnd);
                Append(id, at, end);
            }
            else if (!Bytes(word, at, end) && _unknown is not null)
            {
                if (unknownStart >= 0 && !_options.FuseUnknown)
                {
                    FlushUnknown(ref unknownStart, unknownEnd);
                }
                (unknownStart, unknownEnd) = (unknownStart < 0 ? at : unknownStart, end);
            }
            at = end;
        }
        FlushUnknown(ref unknownStart, unknownEnd);
    }

    private int? Known(ReadOnlySpan<char> word, int at, int end)
    {
        var (inside, last) = (at > 0 ? _options.Inside : "", end == word.Length ? _options.WordEnd : "");
        if (inside.Length + last.Length == 0)
        {
            return _vocabulary.Spans.TryGetValue(word[at..end], out var plain) ? plain : null;
        }
        return _vocabulary.IdOf(inside + word[at..end].ToString() + last);
    }

    private bool Bytes(ReadOnlySpan<char> word, int at, int end)
    {
        if (!_options.ByteFallback)
        {
            return false;
        }
        Span<byte> bytes = stackalloc byte[4];
        var n = Encoding.UTF8.GetBytes(word[at..end], bytes);
        foreach (var b in bytes[..n])
        {
            if (_bytes[b] < 0)
            {
                return false;
            }
        }
        foreach (var b in bytes[..n])
        {
            Append(_bytes[b], at, end);
        }
        return true;
    }

    private void FlushUnknown(ref int start, int end)
    {
        if (start >= 0)
        {
            Append(_unknown!.Value, start, end); // a run is begun only where there is an unknown token
            start = -1;
        }
    }

    private void Append(int id, int start, int end) =>
        _symbols.Add(new Symbol { Id = id, Start = start, End = end, Before = _symbols.Count - 1, After = -1 });

    // Rank by rank, from the left: all pairs of one rank are joined before what they made is offered again. Nearly all of
    // those offers would be void by then, for the neighbour is joined too. Merge lists made of scores may rank a whole before
    // its parts: such a pair goes first.
    private void Merge()
    {
        var symbols = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_symbols);
        _queue.Clear();
        _joined.Clear();
        _urgent.Clear();
        for (var k = 0; k + 1 < symbols.Length; k++)
        {
            symbols[k].After = k + 1;
            Consider(symbols, k);
        }
        _queue.Order();
        for (var rank = -1L; ;)
        {
            if (_queue.Count == 0 || _queue.Least >> 32 != rank)
            {
                if (_joined.Count > 0)
                {
                    OfferAnew(symbols);
                    continue;
                }
                if (_queue.Count == 0)
                {
                    return;
                }
                rank = _queue.Least >> 32;
            }
            TryJoin(symbols, _queue.Take(), rank);
            while (_urgent.TryDequeue(out _, out var offer))
            {
                TryJoin(symbols, offer, rank);
            }
        }
    }

    // The pair may have changed since it was offered: then the offer is void.
    private void TryJoin(Span<Symbol> symbols, long offer, long rank)
    {
        var at = (int)(offer & uint.MaxValue);
        ref var left = ref symbols[at];
        if (left.Id >= 0 && left.After >= 0 && _merges.TryGet(left.Id, symbols[left.After].Id, out var merge) && merge.Rank == offer >> 32)
        {
            Join(symbols, at, merge.Id);
            Hurry(symbols, at, rank);
            Hurry(symbols, left.Before, rank);
        }
    }

    private void Hurry(Span<Symbol> symbols, int at, long rank)
    {
        if (at >= 0 && symbols[at].After >= 0 && _merges.TryGet(symbols[at].Id, symbols[symbols[at].After].Id, out var merge) && merge.Rank < rank)
        {
            _urgent.Enqueue(at, Offer(merge.Rank, at));
        }
    }

    private void Join(Span<Symbol> symbols, int at, int id)
    {
        ref var left = ref symbols[at];
        ref var right = ref symbols[left.After];
        (left.Id, left.End) = (id, right.End);
        (right.Id, left.After) = (-1, right.After);
        if (left.After >= 0)
        {
            symbols[left.After].Before = at;
        }
        _joined.Add(at);
    }

    private void OfferAnew(Span<Symbol> symbols)
    {
        foreach (var at in _joined)
        {
            if (symbols[at].Id < 0)
            {
                continue; // swallowed by the one before it
            }
            if (symbols[at].After >= 0)
            {
                Consider(symbols, at);
            }
            if (symbols[at].Before is >= 0 and var before)
            {
                Consider(symbols, before);
            }
        }
        _joined.Clear();
        _queue.Order();
    }

    private void Consider(Span<Symbol> symbols, int at)
    {
        if (_merges.TryGet(symbols[at].Id, symbols[symbols[at].After].Id, out var merge))
        {
            _queue.Append(Offer(merge.Rank, at));
        }
    }

    // Equal ranks go from the left.
    private static long Offer(int rank, int at) => ((long)rank << 32) | (uint)at;
}
