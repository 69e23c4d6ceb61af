namespace Appliance.Models.Chat;

/// <summary>The names that a template sees while it runs; inner ones hide outer ones.</summary>
internal sealed class Scope(Scope? outer = null)
{
    private readonly Dictionary<string, object?> _names = [];

    internal object? this[string name]
    {
        get => _names.TryGetValue(name, out var value) ? value : outer is null ? Undefined.Value : outer[name];
        set => _names[name] = value;
    }
}

/// <summary>Computes an expression.</summary>
internal delegate object? Expression(Scope scope);

/// <summary>A function that a template may call: macros, namespace(), raise_exception() and the like.</summary>
internal delegate object? Callable(IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named);
