using Appliance.Models.Families;
using static TorchSharp.torch;

namespace Appliance.Models.Parts;

/// <summary>Where the texts of a padded batch stand among its rows.</summary>
internal static class RightPadded
{
    /// <summary>[b, 2] first row and length of each text; null where padding stands anywhere but behind.</summary>
    /// <param name="x">[b, t, h]</param>
    internal static Tensor? Texts(ModelInput input, Tensor x)
    {
        var (b, t) = (x.shape[0], x.shape[1]);
        var mask = input.AttentionMask?.cpu().data<long>().ToArray();
        var texts = new long[2 * b];
        for (var r = 0L; r < b; r++)
        {
            var length = mask is null ? t : Array.IndexOf(mask, 0, (int)(r * t), (int)t) is >= 0 and var end ? end - (r * t) : t;
            if (length == 0 || (mask is not null && mask.AsSpan((int)((r * t) + length), (int)(t - length)).ContainsAnyExcept(0L)))
            {
                return null;
            }
            (texts[2 * r], texts[(2 * r) + 1]) = (r * t, length);
        }
        return tensor(texts, [b, 2]);
    }
}
