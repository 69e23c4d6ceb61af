using System.Security.Cryptography;

namespace Appliance.Storage.Audit;

/// <summary>The root of an RFC 6962 tree that grows at its end, from O(log n) kept hashes.</summary>
internal sealed class MerkleTree
{
    private readonly List<(int Level, byte[] Hash)> _peaks = [];

    internal long Size { get; private set; }

    internal void Add(byte[] leaf)
    {
        _peaks.Add((0, leaf));
        Size++;
        while (_peaks.Count > 1 && _peaks[^1].Level == _peaks[^2].Level)
        {
            var merged = (_peaks[^1].Level + 1, Node(_peaks[^2].Hash, _peaks[^1].Hash));
            _peaks.RemoveRange(_peaks.Count - 2, 2);
            _peaks.Add(merged);
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

    internal static byte[] Leaf(ReadOnlySpan<byte> body) => SHA256.HashData([0, .. body]);

    internal static byte[] Chain(ReadOnlySpan<byte> previous, ReadOnlySpan<byte> leaf) => SHA256.HashData([2, .. previous, .. leaf]);

    private static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => SHA256.HashData([1, .. left, .. right]);
}
