using System.Security.Cryptography;

namespace Appliance.Storage.Audit;

/// <summary>The root of an RFC 6962 tree that grows at its end, from O(log n) kept hashes.</summary>
internal sealed class MerkleTree
{
    /// <summary>Every so many levels the complete subtrees are stored: a proof then reads at most 256 hashes a step.</summary>
    internal const int StoredLevels = 8;

    private readonly List<(int Level, byte[] Hash)> _peaks = [];

    internal MerkleTree()
    {
    }

    private MerkleTree(MerkleTree other)
    {
        Size = other.Size;
        _peaks.AddRange(other._peaks);
    }

    /// <param name="peaks">The roots of the complete subtrees from the left, 32 bytes each, as <see cref="Peaks"/> wrote them.</param>
    /// <exception cref="InvalidDataException">They do not fit the size.</exception>
    internal MerkleTree(long size, ReadOnlySpan<byte> peaks)
    {
        for (var level = 62; level >= 0; level--)
        {
            if ((size >> level & 1) == 0)
            {
                continue;
            }
            if (peaks.Length < 32)
            {
                throw new InvalidDataException("The segment's tree does not fit its first record.");
            }
            _peaks.Add((level, peaks[..32].ToArray()));
            peaks = peaks[32..];
        }
        Size = peaks.IsEmpty ? size : throw new InvalidDataException("The segment's tree does not fit its first record.");
    }

    internal long Size { get; private set; }

    internal byte[] Peaks => [.. _peaks.SelectMany(p => p.Hash)];

    /// <summary>A copy that can grow by itself: a group that fails leaves no trace in this one.</summary>
    internal MerkleTree Copy() => new(this);

    /// <param name="completed">Told of each complete subtree on a stored level: level, index, hash.</param>
    internal void Add(byte[] leaf, Action<int, long, byte[]>? completed = null)
    {
        _peaks.Add((0, leaf));
        Size++;
        while (_peaks.Count > 1 && _peaks[^1].Level == _peaks[^2].Level)
        {
            var merged = (Level: _peaks[^1].Level + 1, Hash: Node(_peaks[^2].Hash, _peaks[^1].Hash));
            _peaks.RemoveRange(_peaks.Count - 2, 2);
            _peaks.Add(merged);
            if (merged.Level % StoredLevels == 0)
            {
                completed?.Invoke(merged.Level, (Size >> merged.Level) - 1, merged.Hash);
            }
        }
    }

    internal byte[] Root()
    {
        if (_peaks.Count == 0)
        {
            return SHA256.HashData([]);
        }
        var root = _peaks[^1].Hash;
        for (var k = _peaks.Count - 2; k >= 0; k--)
        {
            root = Node(_peaks[k].Hash, root);
        }
        return root;
    }

    internal static byte[] Leaf(ReadOnlySpan<byte> body)
    {
        Span<byte> input = body.Length < 2048 ? stackalloc byte[body.Length + 1] : new byte[body.Length + 1];
        input[0] = 0;
        body.CopyTo(input[1..]);
        return SHA256.HashData(input);
    }

    internal static byte[] Chain(ReadOnlySpan<byte> previous, ReadOnlySpan<byte> leaf) => Pair(2, previous, leaf);

    internal static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => Pair(1, left, right);

    private static byte[] Pair(byte kind, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> input = stackalloc byte[65];
        input[0] = kind;
        left.CopyTo(input[1..]);
        right.CopyTo(input[33..]);
        return SHA256.HashData(input);
    }
}
