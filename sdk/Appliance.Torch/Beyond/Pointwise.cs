using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Torch.Beyond;

/// <summary>GELU and dropout for learning: one pass over memory each way, no stored mask. Operators elsewhere than in float32 on the CPU.</summary>
public static class Pointwise
{
    /// <summary>GELU, at most 1.5e-7 off, with a gradient.</summary>
    public static Tensor Gelu(Tensor x)
    {
#if BRIDGE
        if (is_grad_enabled() && Plain(x))
        {
            return new Tensor(Native.Check(Native.bridge_gelu(x.Handle)));
        }
#endif
        return nn.functional.gelu(x);
    }

    /// <summary>Each number is 0 with the chance <paramref name="share"/>, else x / (1 − share); drawn from libtorch's generator.</summary>
    public static Tensor Dropout(Tensor x, double share)
    {
#if BRIDGE
        if (Plain(x))
        {
            return new Tensor(Native.Check(Native.bridge_dropout(x.Handle, share, Drawn())));
        }
#endif
        return nn.functional.dropout(x, share, true);
    }

    /// <summary>A number from libtorch's generator, so that a run that is taken up draws the same.</summary>
    internal static long Drawn()
    {
        using var one = rand([1]);
        return (long)(one.item<float>() * int.MaxValue);
    }

    private static bool Plain(Tensor x) => x.dtype == ScalarType.Float32 && x.device.type == DeviceType.CPU && x.numel() < uint.MaxValue;
}
