using Appliance.Models.Families;
using static TorchSharp.torch;

namespace Appliance.Models.Parts;

/// <summary>Causal attention of one layer after its projections: turn, remember, attend.</summary>
/// <remarks>b = batch, t = tokens, h = query heads, g = key heads, d = head size.</remarks>
internal static class SelfAttention
{
    // q [b, h, t, d], k, v [b, g, t, d] → [b, t, h·d]
    internal static Tensor Causal(
        Tensor q, Tensor k, Tensor v, DecoderPass pass, int layer, Rotary? rotary, double scale, int? window = null)
    {
        if (rotary is not null && pass.Rotation is { } rotation)
        {
            (q, k) = (rotary.Turn(q, rotation), rotary.Turn(k, rotation));
        }
        (k, v) = pass.Cache?.Append(layer, k, v) ?? (k, v);
        return Attention.Attend(q, k, v, scale, pass.Bias(window), pass.Attentions);
    }
}
