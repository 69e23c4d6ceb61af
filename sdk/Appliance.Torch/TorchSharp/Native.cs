using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>The functions of <c>native/bridge.cpp</c>; nothing else in the product calls libtorch.</summary>
internal static unsafe partial class Native
{
    private const string Bridge = "appliance_torch";

    static Native() => NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, static (name, assembly, path) =>
    {
        if (name != Bridge || NativeLibrary.TryLoad(name, assembly, path, out var handle))
        {
            return 0;
        }
        throw new DllNotFoundException(
            "libtorch could not be loaded. Install it (Debian: apt-get install libtorch1.13 libopenblas0-openmp) " +
            "or set LIBTORCH_HOME to an unpacked libtorch and build again.");
    });

    [LibraryImport(Bridge)] internal static partial byte* bridge_last_error();
    [LibraryImport(Bridge)] internal static partial long bridge_live_tensors();
    [LibraryImport(Bridge, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint bridge_find(string name, string overload);
    [LibraryImport(Bridge)] internal static partial int bridge_call(nint op, Arg* args, int count, Out* outs, int max);
    [LibraryImport(Bridge)] internal static partial void bridge_free(nint tensor);
    [LibraryImport(Bridge)] internal static partial void bridge_keep_freed_memory();
    [LibraryImport(Bridge)] internal static partial void bridge_free_object(nint value);
    [LibraryImport(Bridge)] internal static partial int bridge_use_onednn_quantization();
    [LibraryImport(Bridge)]
    internal static partial nint bridge_from_bytes(void* data, long bytes, long* shape, int dims, int dtype);
    [LibraryImport(Bridge)] internal static partial void* bridge_data(nint tensor);
    [LibraryImport(Bridge)]
    internal static partial int bridge_shape(nint t, long* sizes, int max, int* dtype, int* device, int* index);
    [LibraryImport(Bridge)] internal static partial int bridge_is_contiguous(nint tensor);
    [LibraryImport(Bridge)] internal static partial int bridge_requires_grad(nint tensor);
    [LibraryImport(Bridge)] internal static partial int bridge_set_requires_grad(nint tensor, int on);
    [LibraryImport(Bridge)] internal static partial int bridge_backward(nint tensor);
    [LibraryImport(Bridge)] internal static partial int bridge_grad(nint tensor, nint* grad);
    [LibraryImport(Bridge)] internal static partial int bridge_set_grad(nint tensor, nint grad);
    [LibraryImport(Bridge)]
    internal static partial nint bridge_packed_attention(nint qkv, nint lengths, long heads, double scale, double dropout, long seed, int causal);
    [LibraryImport(Bridge)]
    internal static partial nint bridge_four_bit_linear(nint x, nint codes, nint scales, nint bias, long outputs, int transposed, int half);
    [LibraryImport(Bridge, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint bridge_group_open(string host, int port, int rank, int size, long timeoutMilliseconds);
    [LibraryImport(Bridge)] internal static partial int bridge_group_sum(nint group, nint* tensors, long count);
    [LibraryImport(Bridge)] internal static partial void bridge_group_close(nint group);
    [LibraryImport(Bridge)] internal static partial nint bridge_gelu(nint x);
    [LibraryImport(Bridge)] internal static partial nint bridge_dropout(nint x, double share, long seed);
    [LibraryImport(Bridge)] internal static partial int bridge_grad_mode();
    [LibraryImport(Bridge)] internal static partial void bridge_set_grad_mode(int on);
    [LibraryImport(Bridge)] internal static partial int bridge_threads();
    [LibraryImport(Bridge)] internal static partial int bridge_set_threads(int n);
    [LibraryImport(Bridge)] internal static partial int bridge_has_cuda();
    [LibraryImport(Bridge)] internal static partial int bridge_seed(long seed);
    [LibraryImport(Bridge)] internal static partial nint bridge_rng_state();
    [LibraryImport(Bridge)] internal static partial int bridge_set_rng_state(nint tensor);

    internal enum Kind { Absent, Tensor, Int, Double, Bool, Ints, Tensors, Text, Device, Object }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Arg
    {
        public Kind Kind;
        public int DeviceIndex;
        public long Integer;
        public double Number;
        public void* Pointer;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Out
    {
        public Kind Kind;
        private int _pad;
        public long Integer;
        public double Number;
        public nint Pointer;
    }

    internal static string LastError() => Marshal.PtrToStringUTF8((nint)bridge_last_error()) ?? "unknown error";

    /// <exception cref="ExternalException">libtorch refused; the message is its own.</exception>
    internal static void Check(int status)
    {
        if (status < 0)
        {
            throw new ExternalException(LastError());
        }
    }

    internal static nint Check(nint tensor) => tensor != 0 ? tensor : throw new ExternalException(LastError());
}
