using System.Runtime.Intrinsics.X86;

namespace Appliance.Sdk.Recipes;

/// <summary>What must stand in the environment of a process that computes, before it starts: libraries read it once.</summary>
/// <remarks>
/// A preset core type makes a current OpenBLAS half as fast. Wide kernels are an opt-in of libtorch 1.13. GNU OpenMP's default spinning
/// starves a second job on the same processors. glibc otherwise maps and faults every large tensor anew.
/// </remarks>
public static class JobEnvironment
{
    /// <summary>Variables that are taken away.</summary>
    public static IReadOnlyList<string> Removed { get; } = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"];

    /// <summary>Variables that are set.</summary>
    public static IReadOnlyDictionary<string, string> Set { get; } = Variables();

    /// <summary>One line for a report: what was changed, so that figures can be compared.</summary>
    public static string Describe() => string.Join(' ', Set.Select(v => $"{v.Key}={v.Value}").Concat(Removed.Select(r => $"-{r}")));

    private static Dictionary<string, string> Variables()
    {
        var set = new Dictionary<string, string>
        {
            ["GOMP_SPINCOUNT"] = "1000",
            ["DOTNET_TieredPGO"] = "0",
            ["GLIBC_TUNABLES"] = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=17179869184:" +
                "glibc.malloc.trim_threshold=17179869184:glibc.malloc.top_pad=67108864",
        };
        if (Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512BW.VL.IsSupported)
        {
            set["ATEN_CPU_CAPABILITY"] = "avx512";
        }
        return set;
    }
}
