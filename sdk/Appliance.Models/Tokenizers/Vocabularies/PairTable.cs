using System.Numerics;

namespace Appliance.Models.Tokenizers.Vocabularies;

/// <summary>Merges by their two parts: a hash table with open addressing, half empty, read millions of times a second.</summary>
internal sealed class PairTable
{
    private readonly long[] _keys;
    private readonly (int Rank, int Id)[] _values;
    private readonly int _shift;

    internal PairTable(int count)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, count * 2));
        (_keys, _values, _shift) = (new long[size], new (int, int)[size], 64 - BitOperations.Log2((uint)size));
        Array.Fill(_keys, -1);
    }

    /// <summary>Keeps the first of two equal pairs.</summary>
    internal void TryAdd(int left, int right, int rank, int id)
    {
        var key = Key(left, right);
        var at = Slot(key);
        while (_keys[at] != -1 && _keys[at] != key)
        {
            at = (at + 1) & (_keys.Length - 1);
        }
        if (_keys[at] == -1)
        {
            (_keys[at], _values[at]) = (key, (rank, id));
        }
    }

    internal bool TryGet(int left, int right, out (int Rank, int Id) merge)
    {
        var key = Key(left, right);
        var at = Slot(key);
        while (_keys[at] != -1)
        {
            if (_keys[at] == key)
            {
                merge = _values[at];
                return true;
            }
            at = (at + 1) & (_keys.Length - 1);
        }
        merge = default;
        return false;
    }

    private int Slot(long key) => (int)(unchecked((ulong)key * 0x9E3779B97F4A7C15ul) >> _shift); // Fibonacci hashing

    private static long Key(int left, int right) => ((long)left << 32) | (uint)right;
}

/// <summary>The smallest of many numbers, again and again, where they come in few large batches.</summary>
internal sealed class LongHeap
{
    private long[] _items = new long[64];
    private int _from;
    private int _sorted;
    private int _end;

    internal int Count => _end - _from;

    /// <summary>Of those that <see cref="Order"/> has seen.</summary>
    internal long Least => _items[_from];

    internal void Clear() => (_from, _sorted, _end) = (0, 0, 0);

    internal void Append(long item)
    {
        if (_end == _items.Length)
        {
            Array.Resize(ref _items, _end * 2);
        }
        _items[_end++] = item;
    }

    /// <summary>Sorts what came since the last time into what was there.</summary>
    internal void Order()
    {
        _items.AsSpan(_sorted, _end - _sorted).Sort();
        if (_sorted > _from && _end > _sorted && _items[_sorted - 1] > _items[_sorted])
        {
            _items.AsSpan(_from, _end - _from).Sort();
        }
        _sorted = _end;
    }

    internal long Take() => _items[_from++];
}
