using Appliance.Torch.Beyond;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Parts;

/// <summary>Scaled dot-product attention and its masks.</summary>
/// <remarks>b = batch, h = query heads, g = key heads (h is a multiple), t = queries, s = keys, d = head size.</remarks>
public static class Attention
{
    private const double Hidden = -3.3895313892515355e38; // the lowest bfloat16, so that every precision can hold it

    // x [b, t, h·d] → [b, h, t, d], a view
    public static Tensor Heads(Tensor x, long heads)
    {
        var shape = x.shape;
        return x.view(shape[0], shape[1], heads, shape[2] / heads).transpose(1, 2);
    }

    // [b, h, t, d] → [b, t, h·d]
    public static Tensor Merge(Tensor context)
    {
        var shape = context.shape;
        return context.transpose(1, 2).reshape(shape[0], shape[2], shape[1] * shape[3]);
    }

    /// <summary>softmax(q kᵀ · scale + bias) v.</summary>
    /// <param name="bias">Added to the scores, broadcast over [b, h, t, s]; null for none.</param>
    /// <param name="seen">Gets the probabilities [b, h, t, s]; null to drop them.</param>
    /// <param name="dropout">Share of the probabilities dropped, 0 outside of training.</param>
    /// <returns>[b, t, h·d]</returns>
    public static Tensor Attend(
        Tensor q, Tensor k, Tensor v, double scale, Tensor? bias, List<Tensor>? seen = null, double dropout = 0)
    {
        var scores = Product(q, k.transpose(2, 3));
        scores = scale == 1 ? scores : scores * scale;
        scores = bias is null ? scores : scores + (bias.dtype == scores.dtype ? bias : bias.to(scores.dtype));
        var weights = scores.softmax(-1);
        seen?.Add(weights);
        weights = dropout > 0 ? Pointwise.Dropout(weights, dropout) : weights;
        return Merge(Product(weights, v));
    }

    /// <summary>0 where a key is, the lowest number where it is padding; [b, s] → [b, 1, 1, s].</summary>
    public static Tensor? PaddingBias(Tensor? mask) =>
        mask is null ? null : ((mask.to(ScalarType.Float32) - 1) * -Hidden).unsqueeze(1).unsqueeze(1);

    /// <summary>Each query sees the keys up to itself, at most <paramref name="window"/> of them, and no padding.</summary>
    /// <param name="past">Keys that stand before the first query.</param>
    /// <returns>Broadcasts over [b, h, t, past + t]; null where everything is seen.</returns>
    /// <param name="texts">[b, t]: tokens of other texts are hidden too; null where each row is one text.</param>
    public static Tensor? CausalBias(long past, long queries, Tensor? mask, int? window, Device device, Tensor? texts = null)
    {
        using var _ = no_grad();
        if (mask is null && queries == 1 && (window is null || past < window))
        {
            return null;
        }
        var at = arange(past, past + queries, ScalarType.Int64, device).unsqueeze(1); // [t, 1]
        var key = arange(0, past + queries, ScalarType.Int64, device).unsqueeze(0); // [1, s]
        var hidden = key.gt(at);
        if (window is { } width)
        {
            hidden = hidden.logical_or((at - key).gt(width - 1));
        }
        var all = hidden.view(1, 1, queries, past + queries);
        if (mask is not null)
        {
            all = all.logical_or(mask.eq(0).unsqueeze(1).unsqueeze(1));
        }
        if (texts is not null)
        {
            all = all.logical_or(texts.unsqueeze(2).eq(texts.unsqueeze(1)).eq(0).unsqueeze(1)); // [b, 1, t, t]
        }
        return zeros(all.shape, ScalarType.Float32, device).masked_fill_(all, Hidden);
    }

    // [b, h, t, x] · [b, g, x, y] → [b, h, t, y]; queries that share a key head are stacked as rows, nothing is repeated
    private static Tensor Product(Tensor left, Tensor right)
    {
        var (a, c) = (left.shape, right.shape);
        if (a[1] == c[1])
        {
            return left.matmul(right);
        }
        var stacked = left.reshape(a[0], c[1], a[1] / c[1] * a[2], a[3]);
        return stacked.matmul(right).view(a[0], a[1], a[2], c[3]);
    }
}
