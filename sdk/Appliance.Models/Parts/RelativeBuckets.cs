using static TorchSharp.torch;

namespace Appliance.Models.Parts;

/// <summary>Distances between tokens sorted into buckets: exact when small, by logarithm when large.</summary>
/// <remarks>Source: Raffel et al., T5 (2019), and the reference's integer arithmetic, which is followed exactly.</remarks>
internal static class RelativeBuckets
{
    /// <summary>The bucket of each pair, [t, s], for queries that start at <paramref name="past"/>.</summary>
    /// <param name="twoSided">Keys after the query have buckets of their own; else they all fall into bucket 0.</param>
    internal static Tensor Of(long past, long queries, long keys, int buckets, int distanceMax, bool twoSided, Device device)
    {
        var half = twoSided ? buckets / 2 : buckets;
        var exact = half / 2;
        var ids = new long[queries * keys];
        for (var t = 0L; t < queries; t++)
        {
            for (var s = 0L; s < keys; s++)
            {
                var relative = s - (past + t);
                var side = twoSided && relative > 0 ? half : 0;
                var distance = twoSided ? Math.Abs(relative) : Math.Max(0, -relative);
                ids[(t * keys) + s] = side + (distance < exact ? distance : Far(distance, exact, half, distanceMax));
            }
        }
        return tensor(ids, [queries, keys], device: device);
    }

    // In float32 like the reference: a boundary must fall on the same side.
    private static long Far(long distance, int exact, int half, int distanceMax)
    {
        var ratio = MathF.Log((float)distance / exact) / (float)Math.Log((double)distanceMax / exact) * (half - exact);
        return Math.Min(exact + (long)ratio, half - 1);
    }
}
