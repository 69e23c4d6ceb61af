namespace Appliance.Storage.Audit;

/// <summary>Proofs of the tree: that a record is in it, and that a later log holds all of an earlier one.</summary>
/// <remarks>Source: RFC 6962, 2.1.1 and 2.1.2. Complete subtrees are stored every eight levels, so a step reads at most 256 hashes.</remarks>
public sealed class Proofs(AuditReader reader)
{
    /// <param name="index">Place of the record, from 0: its number less 1.</param>
    /// <param name="size">Records in the tree.</param>
    /// <returns>At most ⌈log₂ size⌉ hashes, the lowest first.</returns>
    public IReadOnlyList<byte[]> Inclusion(long index, long size)
    {
        var path = new List<byte[]>();
        var (low, high) = (0L, size);
        while (high - low > 1)
        {
            var middle = low + Split(high - low);
            if (index < middle)
            {
                path.Add(Root(middle, high));
                high = middle;
            }
            else
            {
                path.Add(Root(low, middle));
                low = middle;
            }
        }
        path.Reverse();
        return path;
    }

    /// <param name="older">Size of the earlier tree, 1 to <paramref name="size"/>.</param>
    public IReadOnlyList<byte[]> Consistency(long older, long size)
    {
        var path = new List<byte[]>();
        var (low, high, whole) = (0L, size, true);
        while (older != high)
        {
            var middle = low + Split(high - low);
            if (older <= middle)
            {
                path.Add(Root(middle, high));
                high = middle;
            }
            else
            {
                path.Add(Root(low, middle));
                (low, whole) = (middle, false);
            }
        }
        if (!whole)
        {
            path.Add(Root(low, high));
        }
        path.Reverse();
        return path;
    }

    /// <summary>The root over the first records.</summary>
    public byte[] Root(long size) => Root(0, size);

    private byte[] Root(long low, long high)
    {
        var count = high - low;
        if (count == 1 || (count & (count - 1)) == 0 && low % count == 0)
        {
            var level = System.Numerics.BitOperations.Log2((ulong)count);
            return Node(level, low >> level);
        }
        var middle = low + Split(count);
        return MerkleTree.Node(Root(low, middle), Root(middle, high));
    }

    private byte[] Node(int level, long index)
    {
        var stored = level / MerkleTree.StoredLevels * MerkleTree.StoredLevels;
        while (true)
        {
            var count = 1 << (level - stored);
            var row = reader.Nodes(stored, index << (level - stored), count);
            if (row.Count == count)
            {
                return Fold(row);
            }
            // Logs of version 1 stored no nodes: from the level below then.
            stored = stored > 0 ? stored - MerkleTree.StoredLevels : throw new InvalidDataException("The log is shorter than the proof that was asked for.");
        }
    }

    private static byte[] Fold(List<byte[]> row)
    {
        while (row.Count > 1)
        {
            row = [.. row.Chunk(2).Select(pair => MerkleTree.Node(pair[0], pair[1]))];
        }
        return row[0];
    }

    // The largest power of two below n.
    private static long Split(long n) => 1L << System.Numerics.BitOperations.Log2((ulong)(n - 1));
}
