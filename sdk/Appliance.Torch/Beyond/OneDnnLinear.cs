#if BRIDGE
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Torch.Beyond;

/// <summary>Float32 products by oneDNN, in the form that is fastest for the number of rows.</summary>
/// <remarks>
/// Many rows: a 1 × 1 convolution over an image one column wide, channels last, which is the plain layout under another name, so
/// nothing is copied. Few rows: the same with a weight that was reordered once, for reordering at each call would cost as
/// much as the product; that copy is made when few rows first come.
/// </remarks>
internal sealed class OneDnnLinear : PackedLinear
{
    private const long FewRows = 384;
    private static readonly Operator ToPacked = new("aten::to_mkldnn"),
        Reorder = new("aten::mkldnn_reorder_conv2d_weight"), Convolve = new("aten::mkldnn_convolution"), Convolution = new("aten::conv2d");
    private static readonly long[] None = [0, 0], Ones = [1, 1];
    private readonly Tensor _weight; // [out, in], dense; shares the memory of the parameter that it was made of
    private readonly Tensor? _bias;
    private readonly (long Outputs, long Inputs) _size;
    private Tensor? _channelsLast;
    private Tensor? _blocked;

    internal OneDnnLinear(Tensor weight, Tensor? bias)
    {
        using var _ = no_grad();
        _size = (weight.shape[0], weight.shape[1]);
        _weight = (weight.is_contiguous() ? weight.detach() : weight.contiguous()).DetachFromDisposeScope();
        _bias = bias?.detach().DetachFromDisposeScope();
    }

    public override bool ServesOneRow => false;

    public override Tensor Multiply(Tensor x)
    {
        if (Rows(x) <= FewRows)
        {
            return Rowwise(Features(Columns(x)), x.shape);
        }
        _channelsLast ??= _weight.view(_size.Outputs, 1, 1, _size.Inputs).permute(0, 3, 1, 2).DetachFromDisposeScope();
        var y = Convolution.CallAll(Image(x), _channelsLast, _bias, Ones, None, Ones, 1L); // [1, out, rows, 1], channels last
        return y.permute(0, 2, 3, 1).reshape([.. x.shape[..^1], _size.Outputs]);
    }

    public override Tensor Through(Tensor x, Func<Tensor, Tensor> activation, PackedLinear second)
    {
        if (second is not OneDnnLinear last)
        {
            return base.Through(x, activation, second);
        }
        if (Rows(x) <= FewRows)
        {
            return last.Rowwise(last.Features(activation(Features(Columns(x)))), x.shape);
        }
        return last.Multiply(activation(Multiply(x)));
    }

    public override void Dispose()
    {
        foreach (var tensor in (Tensor?[])[_weight, _bias, _channelsLast, _blocked])
        {
            tensor?.Dispose();
        }
    }

    // Rows are the pixels of an image one column wide: [.., in] → [1, in, rows, 1], a view
    private static Tensor Image(Tensor x) => x.reshape(1, Rows(x), 1, x.shape[^1]).permute(0, 3, 1, 2);

    // [1, in, rows, 1] → [1, out, rows, 1], feature by feature
    private Tensor Features(Tensor image)
    {
        if (_blocked is null)
        {
            using var packed = ToPacked.Call(_weight.view(_size.Outputs, _size.Inputs, 1, 1)).DetachFromDisposeScope();
            _blocked = Reorder.CallAll(packed, None, Ones, Ones, 1L).DetachFromDisposeScope();
        }
        return Convolve.CallAll(image, _blocked, _bias, None, Ones, Ones, 1L);
    }

    // [1, out, rows, 1] → [.., out]
    private Tensor Rowwise(Tensor features, long[] shape) =>
        Turned(features.view(_size.Outputs, features.shape[2])).view([.. shape[..^1], _size.Outputs]);

    // [.., in] → [1, in, rows, 1], feature by feature
    private Tensor Columns(Tensor x) => Turned(x.reshape(Rows(x), _size.Inputs)).view(1, _size.Inputs, -1, 1);

    // [r, c] → [c, r]
    private static unsafe Tensor Turned(Tensor matrix)
    {
        if (!Kernels.Present || !matrix.is_contiguous())
        {
            return matrix.t().contiguous();
        }
        var turned = empty([matrix.shape[1], matrix.shape[0]], ScalarType.Float32);
        fixed (byte* from = matrix.bytes, to = turned.bytes)
        {
            Kernels.kernel_transpose((float*)from, (float*)to, matrix.shape[0], matrix.shape[1]);
        }
        return turned;
    }
}
#endif
