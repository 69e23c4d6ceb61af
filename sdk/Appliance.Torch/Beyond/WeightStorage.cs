using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Torch.Beyond;

/// <summary>Takes a parameter's memory away while its numbers are kept elsewhere, and gives it back. Its shape stays.</summary>
public static class WeightStorage
{
    /// <summary>One number stands for all from now on.</summary>
    public static void Release(Parameter parameter)
    {
        using var _ = no_grad();
        using var one = zeros([1], device: parameter.device).DetachFromDisposeScope();
        using var spread = one.expand(parameter.shape).DetachFromDisposeScope();
        parameter.set_(spread);
    }

    public static void Refill(Parameter parameter, Tensor values)
    {
        using var _ = no_grad();
        parameter.set_(values.contiguous());
    }
}
