using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Torch.Beyond;

/// <summary>GELU for answering: in place, faster than the operator, at most 1.5e-7 off.</summary>
public static class Gelu
{
    /// <summary>Changes <paramref name="x"/> itself where the kernel can, else gives a new tensor. Keeps no gradient.</summary>
    /// <param name="x">Nobody else's. Only float32 on the CPU is done by the kernel: in bfloat16 the operator was faster.</param>
    public static unsafe Tensor Apply(Tensor x)
    {
        var plain = Kernels.Present && x.device.type == DeviceType.CPU && x.is_contiguous() && !x.requires_grad && x.numel() < 1 << 29;
        if (plain && x.dtype == ScalarType.Float32)
        {
            fixed (byte* data = x.bytes)
            {
                Kernels.kernel_gelu((float*)data, x.numel());
            }
            return x;
        }
        return nn.functional.gelu(x);
    }
}
