namespace Appliance.Domain.Datasets;

/// <summary>Groups texts that are almost the same, so that none of a group can stand in two splits.</summary>
/// <remarks>
/// MinHash over word triples (Broder 1997) with 16 bands of 4 (Leskovec et al., Mining of Massive Datasets, 3.4) finds
/// candidates; their Jaccard similarity is then computed in full. A pair near the limit can be missed. Linear in the texts but for large groups.
/// </remarks>
public static class NearDuplicates
{
    private const int Bands = 16;
    private const int RowsPerBand = 4;

    /// <summary>Share of common word triples from which two texts count as near-duplicates.</summary>
    public const double SimilarityMin = 0.5;

    /// <returns>A group number for each text; near-duplicates have the same.</returns>
    public static int[] Group(IReadOnlyList<string> texts)
    {
        var shingles = texts.Select(Shingles).ToArray();
        var parent = Enumerable.Range(0, texts.Count).ToArray();
        var buckets = new Dictionary<(int Band, ulong Key), int>();
        for (var k = 0; k < texts.Count; k++)
        {
            var signature = Signature(shingles[k]);
            for (var band = 0; band < Bands; band++)
            {
                var key = (band, Key(signature, band));
                if (!buckets.TryAdd(key, k) && Similarity(shingles[buckets[key]], shingles[k]) >= SimilarityMin)
                {
                    parent[Root(parent, k)] = Root(parent, buckets[key]);
                }
            }
        }
        return [.. parent.Select((_, k) => Root(parent, k))];
    }

    /// <summary>Share of common word triples, 0 to 1.</summary>
    public static double Similarity(string a, string b) => Similarity(Shingles(a), Shingles(b));

    private static double Similarity(HashSet<ulong> a, HashSet<ulong> b)
    {
        var common = a.Count(b.Contains);
        return a.Count + b.Count == 0 ? 1 : (double)common / (a.Count + b.Count - common);
    }

    private static HashSet<ulong> Shingles(string text)
    {
        var words = text.ToUpperInvariant().Split([' ', '\n', '\r', '\t', '.', ',', ';', ':', '!', '?'], StringSplitOptions.RemoveEmptyEntries);
        var set = new HashSet<ulong>();
        for (var k = 0; k < Math.Max(1, words.Length - 2); k++)
        {
            var hash = 14695981039346656037UL;
            foreach (var word in words.Skip(k).Take(3))
            {
                foreach (var c in word)
                {
                    hash = (hash ^ c) * 1099511628211UL;
                }
                hash = (hash ^ ' ') * 1099511628211UL;
            }
            set.Add(hash);
        }
        return set;
    }

    private static ulong[] Signature(HashSet<ulong> shingles)
    {
        var signature = new ulong[Bands * RowsPerBand];
        for (var row = 0; row < signature.Length; row++)
        {
            var least = ulong.MaxValue;
            foreach (var shingle in shingles)
            {
                least = Math.Min(least, Mix(shingle + ((ulong)row * 0x9E3779B97F4A7C15UL)));
            }
            signature[row] = least;
        }
        return signature;
    }

    private static ulong Key(ulong[] signature, int band)
    {
        var key = 0UL;
        for (var row = 0; row < RowsPerBand; row++)
        {
            key = Mix(key ^ signature[(band * RowsPerBand) + row]);
        }
        return key;
    }

    // SplitMix64's finaliser (Steele, Lea and Flood 2014).
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }

    private static int Root(int[] parent, int k)
    {
        while (parent[k] != k)
        {
            k = parent[k] = parent[parent[k]];
        }
        return k;
    }
}
