using System.Runtime.Intrinsics.X86;
using Appliance.Sdk.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training;

/// <summary>Decides whether products are computed in bfloat16.</summary>
internal static class Bfloat16
{
    /// <summary>What the recipe says; <c>auto</c> takes bfloat16 where the hardware has it, since without it is far slower.</summary>
    internal static bool Resolve(Precision precision, Device device) => precision switch
    {
        Precision.Fp32 => false,
        Precision.Bf16 => true,
        _ => device.type == DeviceType.CUDA || ProcessorHasIt(),
    };

    // CPUID leaf 7: AMX-BF16 is EDX bit 22, AVX512-BF16 is EAX bit 5 of subleaf 1. /proc/cpuinfo is hidden from the service.
    private static bool ProcessorHasIt() => X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7
        && ((X86Base.CpuId(7, 0).Edx >> 22 & 1) == 1 || (X86Base.CpuId(7, 1).Eax >> 5 & 1) == 1);
}
