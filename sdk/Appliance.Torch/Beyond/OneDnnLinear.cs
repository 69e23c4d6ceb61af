#if BRIDGE
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Torch.Beyond;

/// <summary>Float32 products by oneDNN: <c>aten::mkldnn_linear</c>, and for few rows a 1 × 1 convolution.</summary>
/// <remarks>
/// oneDNN reorders the weight of a linear product at each call, which few rows do not repay; the weight of a convolution it
/// lets us reorder once. That copy is made when few rows first come.
/// </remarks>
internal sealed class OneDnnLinear : PackedLinear
{
    private const long FewRows = 384;
    private static readonly Operator ToPacked = new("aten::to_mkldnn"), ToDense = new("aten::to_dense"),
        Linear = new("aten::mkldnn_linear"), Reorder = new("aten::mkldnn_reorder_conv2d_weight"), Convolve = new("aten::mkldnn_convolution");
    private static readonly long[] None = [0, 0], Ones = [1, 1];
    private readonly Tensor _weight;
    private readonly Tensor? _bias;
    private readonly Tensor? _denseBias;
    private readonly long _outputs;
    private Tensor? _blocked;

    internal OneDnnLinear(Tensor weight, Tensor? bias)
    {
        using var _ = no_grad();
        _outputs = weight.shape[0];
        _weight = ToPacked.Call(weight.detach()).DetachFromDisposeScope();
        _bias = bias is null ? null : ToPacked.Call(bias.detach()).DetachFromDisposeScope();
        _denseBias = bias?.detach().clone().DetachFromDisposeScope();
    }

    public override bool ServesOneRow => false;

    public override Tensor Share(Tensor x) => Rows(x) > FewRows ? Packed(x) : x;

    public override Tensor Multiply(Tensor x) => x.IsPacked || Rows(x) > FewRows
        ? ToDense.Call(Linear.Call(Packed(x), _weight, _bias))
        : Rowwise(Features(Image(x)), x.shape);

    public override Tensor Through(Tensor x, Func<Tensor, Tensor> activation, PackedLinear second)
    {
        if (second is not OneDnnLinear last)
        {
            return base.Through(x, activation, second);
        }
        return x.IsPacked || Rows(x) > FewRows
            ? last.Multiply(activation(Linear.Call(Packed(x), _weight, _bias)))
            : last.Rowwise(last.Features(activation(Features(Image(x)))), x.shape);
    }

    public override void Dispose()
    {
        _weight.Dispose();
        _bias?.Dispose();
        _denseBias?.Dispose();
        _blocked?.Dispose();
    }

    private static Tensor Packed(Tensor x) => x.IsPacked ? x : ToPacked.Call(x.is_contiguous() ? x : x.contiguous());

    // Rows are the pixels of an image one column wide: [.., in] → [1, in, rows, 1]
    private static Tensor Image(Tensor x) => x.reshape(1, Rows(x), 1, x.shape[^1]).permute(0, 3, 1, 2);

    // [1, in, rows, 1] → [1, out, rows, 1], feature by feature
    private Tensor Features(Tensor image)
    {
        if (_blocked is null)
        {
            using var dense = ToDense.Call(_weight).DetachFromDisposeScope();
            using var packed = ToPacked.Call(dense.view(_outputs, image.shape[1], 1, 1)).DetachFromDisposeScope();
            _blocked = Reorder.CallAll(packed, None, Ones, Ones, 1L).DetachFromDisposeScope();
        }
        return Convolve.CallAll(image, _blocked, _denseBias, None, Ones, Ones, 1L);
    }

    // [1, out, rows, 1] → [.., out]
    private Tensor Rowwise(Tensor features, long[] shape) =>
        features.view(_outputs, features.shape[2]).t().contiguous().view([.. shape[..^1], _outputs]);

    private static long Rows(Tensor x)
    {
        var shape = x.shape;
        var rows = 1L;
        for (var k = 0; k < shape.Length - 1; k++)
        {
            rows *= shape[k];
        }
        return rows;
    }
}
#endif
