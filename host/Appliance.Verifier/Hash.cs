using System.Security.Cryptography;

namespace Appliance.Verifier;

/// <summary>The hashes of FORMAT.md: leaves, nodes, the chain, and the tree over them.</summary>
internal static class Hash
{
    internal const int Bytes = 32;

    internal static void Leaf(ReadOnlySpan<byte> body, Span<byte> into)
    {
        Span<byte> input = body.Length < 4096 ? stackalloc byte[body.Length + 1] : new byte[body.Length + 1];
        input[0] = 0;
        body.CopyTo(input[1..]);
        SHA256.HashData(input, into);
    }

    internal static void Pair(byte kind, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> into)
    {
        Span<byte> input = stackalloc byte[65];
        input[0] = kind;
        left.CopyTo(input[1..]);
        right.CopyTo(input[33..]);
        SHA256.HashData(input, into);
    }

    internal static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var node = new byte[Bytes];
        Pair(1, left, right, node);
        return node;
    }
}

/// <summary>A tree that grows leaf by leaf and knows its root at every size: RFC 6962, 2.1.</summary>
internal sealed class Tree
{
    private readonly byte[] _peaks = new byte[64 * Hash.Bytes]; // the complete subtree of each level, where the size has its bit

    internal long Size { get; private set; }

    /// <param name="peaks">Roots of the complete subtrees from the left.</param>
    /// <returns>False when they do not fit the size.</returns>
    internal bool Start(long size, ReadOnlySpan<byte> peaks)
    {
        if (peaks.Length != System.Numerics.BitOperations.PopCount((ulong)size) * Hash.Bytes)
        {
            return false;
        }
        for (var level = 63; level >= 0; level--)
        {
            if ((size >> level & 1) == 1)
            {
                peaks[..Hash.Bytes].CopyTo(At(level));
                peaks = peaks[Hash.Bytes..];
            }
        }
        Size = size;
        return true;
    }

    internal void Add(ReadOnlySpan<byte> leaf)
    {
        Span<byte> carry = stackalloc byte[Hash.Bytes];
        leaf.CopyTo(carry);
        var level = 0;
        for (; (Size >> level & 1) == 1; level++)
        {
            Hash.Pair(1, At(level), carry, carry);
        }
        carry.CopyTo(At(level));
        Size++;
    }

    internal byte[] Root()
    {
        if (Size == 0)
        {
            return SHA256.HashData([]);
        }
        byte[]? root = null;
        for (var level = 0; level < 63; level++)
        {
            if ((Size >> level & 1) == 1)
            {
                root = root is null ? At(level).ToArray() : Hash.Node(At(level), root);
            }
        }
        return root!; // a size above 0 has a bit
    }

    private Span<byte> At(int level) => _peaks.AsSpan(level * Hash.Bytes, Hash.Bytes);
}
