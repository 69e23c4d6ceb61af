using Appliance.Domain.Privacy.Operations;

namespace Appliance.Domain.Privacy;

/// <summary>Numbers the values of one dataset or request: the same person gets the same token. Lives in memory only, unless it is sealed.</summary>
/// <param name="keys">Of the operators that need some; null where none may be used.</param>
/// <param name="subject">Whose dates are moved together.</param>
public sealed class Pseudonyms(RedactionKeys? keys = null, string subject = "")
{
    private readonly Dictionary<(string Type, string Value), int> _numbers = [];
    private readonly Dictionary<string, int> _next = [];
    private readonly Dictionary<string, string> _values = [];

    internal RedactionKeys Keys => keys ?? throw new InvalidOperationException("This operator needs the redaction key, and there is none.");

    internal string Subject => subject;

    /// <summary>What each token stands for: the first spelling that was met.</summary>
    internal IReadOnlyDictionary<string, string> Values => _values;

    internal string Token(string type, string value)
    {
        var key = (type, Operators.Normal(value));
        if (!_numbers.TryGetValue(key, out var number))
        {
            number = _next[type] = _next.GetValueOrDefault(type) + 1;
            _numbers[key] = number;
            _values[$"<{type}_{number}>"] = value;
        }
        return $"<{type}_{number}>";
    }
}
