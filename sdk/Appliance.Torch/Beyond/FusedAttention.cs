using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Torch.Beyond;

/// <summary>An encoder's attention for answering, in one pass over memory: no product, score or head is copied.</summary>
/// <remarks>b = batch, t = tokens, h = heads, d = head size. Keeps no gradient.</remarks>
public static class FusedAttention
{
    /// <summary>Whether the kernel can do it: float32 or bfloat16 on the CPU, head size a multiple of 16, a bias per key or none.</summary>
    /// <param name="qkv">[b, t, 3·h·d]</param>
    /// <param name="bias">[b, 1, 1, t] or null.</param>
    public static bool Serves(Tensor qkv, Tensor? bias, long heads)
    {
        var shape = qkv.shape;
        return Kernels.Present && (Plain(qkv, ScalarType.Float32) || Plain(qkv, ScalarType.BFloat16)) && shape[2] % (heads * 48) == 0
            && (bias is null || (Plain(bias, ScalarType.Float32) && bias.shape is [var b, 1, 1, var t] && b == shape[0] && t == shape[1]));
    }

    /// <summary>softmax(q kᵀ + bias) v, with the queries scaled already.</summary>
    /// <returns>[b, t, h·d], of the type that came in.</returns>
    /// <exception cref="InsufficientMemoryException">No room for the scores of one head; shorten the texts.</exception>
    public static unsafe Tensor Attend(Tensor qkv, Tensor? bias, long heads)
    {
        var (batch, tokens, hidden) = (qkv.shape[0], qkv.shape[1], qkv.shape[2] / 3);
        var context = empty([batch, tokens, hidden], qkv.dtype, qkv.device);
        var keys = bias is null ? default : bias.bytes;
        fixed (byte* from = qkv.bytes, add = keys, to = context.bytes)
        {
            var failed = qkv.dtype == ScalarType.Float32
                ? Kernels.kernel_attention((float*)from, (float*)add, (float*)to, batch, tokens, heads, hidden / heads)
                : Kernels.kernel_attention_half((ushort*)from, (float*)add, (ushort*)to, batch, tokens, heads, hidden / heads);
            return failed == 0
                ? context
                : throw new InsufficientMemoryException("Attention found no memory for its scores. Shorten the texts.");
        }
    }

    private static bool Plain(Tensor t, ScalarType type) => t.dtype == type && t.device.type == DeviceType.CPU && t.is_contiguous()
        && t.numel() < 1 << 29 && !t.requires_grad;
}
