using System.Runtime.InteropServices;

namespace TorchSharp;

public static partial class torch
{
    private static readonly Operator EmptyOp = new("aten::empty", "memory_format"), ZerosOp = new("aten::zeros"),
        OnesOp = new("aten::ones"), FullOp = new("aten::full"), ArangeOp = new("aten::arange"), RandOp = new("aten::rand"),
        RandnOp = new("aten::randn"), CatOp = new("aten::cat"), StackOp = new("aten::stack"),
        ZerosLikeOp = new("aten::zeros_like"), ArangeStart = new("aten::arange", "start"),
        WhereOp = new("aten::where", "self");

    public static Tensor empty(
        long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        EmptyOp.Call(size, dtype, Value.None, device).requires_grad_if(requires_grad);

    public static Tensor zeros(
        long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        ZerosOp.Call(size, dtype, Value.None, device).requires_grad_if(requires_grad);

    public static Tensor ones(
        long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        OnesOp.Call(size, dtype, Value.None, device).requires_grad_if(requires_grad);

    public static Tensor full(
        long[] size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        FullOp.Call(size, value, dtype, Value.None, device).requires_grad_if(requires_grad);

    public static Tensor rand(
        long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        RandOp.Call(size, dtype, Value.None, device).requires_grad_if(requires_grad);

    public static Tensor randn(
        long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        RandnOp.Call(size, dtype, Value.None, device).requires_grad_if(requires_grad);

    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null) =>
        ArangeOp.Call(stop, dtype, Value.None, device);

    public static Tensor arange(
        Scalar start, Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        ArangeStart.Call(start, stop, dtype, Value.None, device).requires_grad_if(requires_grad);

    public static Tensor where(Tensor condition, Tensor x, Tensor y) => WhereOp.Call(condition, x, y);

    public static Tensor zeros_like(Tensor input) => ZerosLikeOp.Call(input);

    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => CatOp.Call(tensors.ToArray(), dim);

    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => StackOp.Call(tensors.ToArray(), dim);

    public static Tensor matmul(Tensor input, Tensor target) => input.matmul(target);

    public static Tensor tensor(float[] rawArray, ScalarType? dtype = null, Device? device = null) =>
        FromArray(rawArray, [rawArray.Length], ScalarType.Float32, dtype, device);

    public static Tensor tensor(
        float[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null) =>
        FromArray(rawArray, dimensions, ScalarType.Float32, dtype, device);

    public static Tensor tensor(byte[] rawArray, ScalarType? dtype = null, Device? device = null) =>
        FromArray(rawArray, [rawArray.Length], ScalarType.Byte, dtype, device);

    public static Tensor tensor(long[] dataArray, ScalarType? dtype = null, Device? device = null) =>
        FromArray(dataArray, [dataArray.Length], ScalarType.Int64, dtype, device);

    public static Tensor tensor(
        long[] dataArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null) =>
        FromArray(dataArray, dimensions, ScalarType.Int64, dtype, device);

    private static unsafe Tensor FromArray<T>(
        T[] elements, ReadOnlySpan<long> shape, ScalarType type, ScalarType? wanted, Device? device)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes<T>(elements);
        Tensor tensor;
        fixed (byte* data = bytes)
        fixed (long* sizes = shape)
        {
            tensor = new Tensor(Native.Check(
                Native.bridge_from_bytes(data, bytes.Length, sizes, shape.Length, (int)type)));
        }
        tensor = wanted is { } other && other != type ? Replace(tensor, tensor.to(other)) : tensor;
        return device is null || device.type == DeviceType.CPU ? tensor : Replace(tensor, tensor.to(device));
    }

    private static Tensor Replace(Tensor old, Tensor replacement)
    {
        old.Dispose();
        return replacement;
    }

    private static Tensor requires_grad_if(this Tensor tensor, bool on) => on ? tensor.requires_grad_() : tensor;
}
