namespace TorchSharp;

/// <summary>Frees every tensor that was made on this thread since the scope began and was not moved out.</summary>
public sealed class DisposeScope : IDisposable
{
    [ThreadStatic]
    private static DisposeScope? _current;

    private readonly HashSet<IDisposable> _held = new(ReferenceEqualityComparer.Instance);

    internal DisposeScope()
    {
        Outer = _current;
        _current = this;
    }

    private DisposeScope? Outer { get; }

    /// <summary>How many tensors the scope holds now.</summary>
    public int DisposablesCount => _held.Count;

    internal static DisposeScope? Current => _current;

    public T MoveToOuter<T>(T disposable)
        where T : IDisposable
    {
        if (_held.Remove(disposable))
        {
            Outer?.Hold(disposable);
            (disposable as torch.Tensor)?.SetScope(Outer);
        }
        return disposable;
    }

    public void Dispose()
    {
        _current = Outer;
        foreach (var disposable in _held.ToArray())
        {
            disposable.Dispose();
        }
        _held.Clear();
    }

    internal void Hold(IDisposable disposable) => _held.Add(disposable);

    internal void Release(IDisposable disposable) => _held.Remove(disposable);
}
