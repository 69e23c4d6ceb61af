namespace Appliance.Verifier;

/// <summary>Checks proofs of the tree: RFC 9162, 2.1.3.2 and 2.1.4.2.</summary>
internal static class TreeProof
{
    /// <returns>The root that the path leads to, or null when it is too long or too short.</returns>
    internal static byte[]? Root(long index, long size, byte[] leaf, IReadOnlyList<byte[]> path)
    {
        if (index < 0 || index >= size)
        {
            return null;
        }
        var (at, last, hash) = (index, size - 1, leaf);
        foreach (var sibling in path)
        {
            if (last == 0)
            {
                return null;
            }
            if ((at & 1) == 1 || at == last)
            {
                hash = Hash.Node(sibling, hash);
                while ((at & 1) == 0 && at != 0)
                {
                    (at, last) = (at >> 1, last >> 1);
                }
            }
            else
            {
                hash = Hash.Node(hash, sibling);
            }
            (at, last) = (at >> 1, last >> 1);
        }
        return last == 0 ? hash : null;
    }

    /// <summary>True when the larger tree begins with the smaller one.</summary>
    internal static bool Extends(long older, byte[] olderRoot, long size, byte[] root, IReadOnlyList<byte[]> path)
    {
        if (older == size)
        {
            return path.Count == 0 && olderRoot.AsSpan().SequenceEqual(root);
        }
        if (older <= 0 || older > size)
        {
            return older == 0 && path.Count == 0;
        }
        var steps = new Queue<byte[]>(path);
        if ((older & (older - 1)) != 0 && steps.Count == 0)
        {
            return false;
        }
        var first = (older & (older - 1)) == 0 ? olderRoot : steps.Dequeue();
        var (at, last) = (older - 1, size - 1);
        while ((at & 1) == 1)
        {
            (at, last) = (at >> 1, last >> 1);
        }
        var (old, now) = (first, first);
        foreach (var step in steps)
        {
            if (last == 0)
            {
                return false;
            }
            if ((at & 1) == 1 || at == last)
            {
                (old, now) = (Hash.Node(step, old), Hash.Node(step, now));
                while ((at & 1) == 0 && at != 0)
                {
                    (at, last) = (at >> 1, last >> 1);
                }
            }
            else
            {
                now = Hash.Node(now, step);
            }
            (at, last) = (at >> 1, last >> 1);
        }
        return last == 0 && old.AsSpan().SequenceEqual(olderRoot) && now.AsSpan().SequenceEqual(root);
    }
}
