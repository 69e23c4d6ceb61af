namespace Appliance.Domain.Privacy;

/// <summary>What is put in the place of a finding.</summary>
public enum RedactionOperator
{
    /// <summary>The kind in angle brackets: <c>&lt;PERSON&gt;</c>.</summary>
    Replace,

    /// <summary>Asterisks, with the last two characters left.</summary>
    Mask,

    /// <summary>Nothing at all.</summary>
    Redact,

    /// <summary>The kind with a number that stays the same for the same value: <c>&lt;PERSON_1&gt;</c>.</summary>
    Pseudonymize,

    /// <summary>The value itself.</summary>
    Keep,
}

/// <summary>One small function for each operator.</summary>
internal static class Operators
{
    private const int CharactersLeft = 2;

    internal static string Put(string type, string value, RedactionOperator chosen, Pseudonyms pseudonyms) => chosen switch
    {
        RedactionOperator.Replace => $"<{type}>",
        RedactionOperator.Redact => "",
        RedactionOperator.Pseudonymize => pseudonyms.Token(type, value),
        RedactionOperator.Mask => new string('*', Math.Max(0, value.Length - CharactersLeft)) + value[Math.Max(0, value.Length - CharactersLeft)..],
        RedactionOperator.Keep => value,
        _ => throw new ArgumentOutOfRangeException(nameof(chosen), chosen, "unknown operator"),
    };
}

/// <summary>Numbers the values of one dataset or request: the same person gets the same token. Lives in memory only.</summary>
public sealed class Pseudonyms
{
    private readonly Dictionary<(string Type, string Value), int> _numbers = [];
    private readonly Dictionary<string, int> _next = [];

    internal string Token(string type, string value)
    {
        // Case and spacing do not make another person.
        var key = (type, string.Concat(value.Where(char.IsLetterOrDigit)).ToUpperInvariant());
        if (!_numbers.TryGetValue(key, out var number))
        {
            number = _next[type] = _next.GetValueOrDefault(type) + 1;
            _numbers[key] = number;
        }
        return $"<{type}_{number}>";
    }
}
