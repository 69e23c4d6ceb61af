using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Torch.Beyond;

/// <summary>Attention over texts one behind the other, with a gradient: for learning. One operation instead of a dozen, no padding.</summary>
/// <remarks>n = rows, h = heads, d = head size.</remarks>
public static class PackedAttention
{
    /// <summary>Whether it can be done: our own bridge, float32 on the CPU, head size a multiple of 16.</summary>
    public static bool Serves(Tensor qkv, long heads) =>
#if BRIDGE
        qkv.dtype == ScalarType.Float32 && qkv.device.type == DeviceType.CPU && qkv.shape[^1] % (48 * heads) == 0;
#else
        false;
#endif

    /// <param name="qkv">[n, 3·h·d]</param>
    /// <param name="texts">[texts, 2] int64 on the CPU: first row and length of each; rows of no text give zeros.</param>
    /// <param name="scale">Of the scores, such as 1/√d.</param>
    /// <param name="dropout">Share of the probabilities dropped, 0 to below 1; drawn from libtorch's generator.</param>
    /// <returns>[n, h·d]</returns>
    public static Tensor Attend(Tensor qkv, Tensor texts, long heads, double scale, double dropout = 0, bool causal = false)
    {
#if BRIDGE
        var seed = dropout > 0 ? Pointwise.Drawn() : 0;
        return new Tensor(Native.Check(Native.bridge_packed_attention(qkv.Handle, texts.Handle, heads, scale, dropout, seed, causal ? 1 : 0)));
#else
        throw new NotSupportedException("Packed attention needs the appliance's own bridge: ask Serves first.");
#endif
    }
}
