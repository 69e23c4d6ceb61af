using System.Runtime.InteropServices;

namespace Appliance.Torch.Beyond;

/// <summary>The kernels of <c>native/kernels.cpp</c>, if they are beside the program.</summary>
internal static unsafe partial class Kernels
{
    private const string Library = "appliance_kernels";

    /// <summary>False where the library is missing: every caller then takes its fallback.</summary>
    internal static bool Present { get; } =
        NativeLibrary.TryLoad(Library, typeof(Kernels).Assembly, null, out _);

    [LibraryImport(Library)]
    internal static partial void kernel_adamw(
        float* p, float* m, float* v, float* g, long n, float lr, float beta1, float beta2, float eps, float decay,
        float correction1, float root2, float scale);

    [LibraryImport(Library)]
    internal static partial void kernel_gelu(float* x, long n);

    [LibraryImport(Library)]
    internal static partial int kernel_attention(float* qkv, float* bias, float* output, long batch, long tokens, long heads, long size);

    [LibraryImport(Library)]
    internal static partial int kernel_attention_half(ushort* qkv, float* bias, ushort* output, long batch, long tokens, long heads, long size);

    [LibraryImport(Library)]
    internal static partial void kernel_nf4_decode(byte* codes, float* scales, float* output, long n);

    [LibraryImport(Library)]
    internal static partial void kernel_transpose(float* from, float* to, long rows, long columns);

    [LibraryImport(Library)]
    internal static partial double kernel_square_sum(float* g, long n, double* partial);
}
