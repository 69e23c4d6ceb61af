using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Appliance.Models.Checkpoints;

/// <summary>16-bit numbers as 32-bit ones; exact, for every 16-bit number is a 32-bit one.</summary>
internal static class Widening
{
    internal static void ToSingle(ReadOnlySpan<byte> source, Span<float> target, ScalarType type)
    {
        if (type == ScalarType.Float16)
        {
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), target);
            return;
        }
        var halves = MemoryMarshal.Cast<byte, ushort>(source);
        var bits = MemoryMarshal.Cast<float, uint>(target);
        for (var k = 0; k < bits.Length; k++)
        {
            bits[k] = (uint)halves[k] << 16; // bfloat16 is the upper half of a float32
        }
    }
}
