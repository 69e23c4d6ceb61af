using Appliance.Sdk.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training;

/// <summary>Decides whether products are computed in bfloat16.</summary>
internal static class Bfloat16
{
    private const string ProcessorFile = "/proc/cpuinfo";

    /// <summary>What the recipe says; <c>auto</c> takes bfloat16 where the hardware has it, since without it is far slower.</summary>
    internal static bool Resolve(Precision precision, Device device) => precision switch
    {
        Precision.Fp32 => false,
        Precision.Bf16 => true,
        _ => device.type == DeviceType.CUDA || ProcessorHasIt(),
    };

    private static bool ProcessorHasIt()
    {
        if (!File.Exists(ProcessorFile))
        {
            return false;
        }
        var flags = File.ReadLines(ProcessorFile).FirstOrDefault(l => l.StartsWith("flags", StringComparison.Ordinal)) ?? "";
        return flags.Contains("avx512_bf16", StringComparison.Ordinal) || flags.Contains("amx_bf16", StringComparison.Ordinal);
    }
}
