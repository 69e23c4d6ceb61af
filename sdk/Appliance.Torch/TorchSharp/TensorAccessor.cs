namespace TorchSharp.Utils;

/// <summary>A tensor's elements, read from managed code.</summary>
public sealed class TensorAccessor<T>
    where T : unmanaged
{
    private readonly T[] _elements;

    internal TensorAccessor(T[] elements) => _elements = elements;

    public long Count => _elements.Length;

    public T[] ToArray() => (T[])_elements.Clone();
}
