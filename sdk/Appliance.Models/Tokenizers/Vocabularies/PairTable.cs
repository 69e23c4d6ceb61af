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

/// <summary>The smallest of many numbers, again and again: a heap with four children a node, half as deep as one with two.</summary>
internal sealed class LongHeap
{
    private const int Children = 4;
    private long[] _items = new long[64];

    internal int Count { get; private set; }

    internal void Clear() => Count = 0;

    /// <summary>Adds without order; <see cref="Order"/> brings it about for all at once.</summary>
    internal void Append(long item)
    {
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Count * 2);
        }
        _items[Count++] = item;
    }

    internal void Order()
    {
        for (var k = (Count - 2) / Children; k >= 0 && Count > 1; k--)
        {
            Sink(k);
        }
    }

    internal void Add(long item)
    {
        Append(item);
        var k = Count - 1;
        while (k > 0 && _items[(k - 1) / Children] > item)
        {
            _items[k] = _items[(k - 1) / Children];
            k = (k - 1) / Children;
        }
        _items[k] = item;
    }

    internal long Take()
    {
        var top = _items[0];
        _items[0] = _items[--Count];
        Sink(0);
        return top;
    }

    private void Sink(int k)
    {
        var items = _items.AsSpan(0, Count);
        if (k >= items.Length)
        {
            return;
        }
        var item = items[k];
        for (var child = (Children * k) + 1; child < items.Length; child = (Children * k) + 1)
        {
            var least = child;
            for (var other = child + 1; other < Math.Min(child + Children, items.Length); other++)
            {
                least = items[other] < items[least] ? other : least;
            }
            if (items[least] >= item)
            {
                break;
            }
            items[k] = items[least];
            k = least;
        }
        items[k] = item;
    }
}
