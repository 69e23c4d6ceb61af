using System.Buffers.Text;
using System.Text;

namespace Appliance.Domain.Privacy.Operations;

/// <summary>One small function for each operator.</summary>
internal static class Operators
{
    private const int CharactersLeft = 2;

    /// <exception cref="InvalidOperationException">The operator needs keys, and there are none.</exception>
    internal static string Put(string type, string value, RedactionOperator chosen, Pseudonyms pseudonyms) => chosen switch
    {
        RedactionOperator.Replace => $"<{type}>",
        RedactionOperator.Redact => "",
        RedactionOperator.Keep => value,
        RedactionOperator.Pseudonymize => pseudonyms.Token(type, value),
        RedactionOperator.Mask => new string('*', Math.Max(0, value.Length - CharactersLeft)) + value[Math.Max(0, value.Length - CharactersLeft)..],
        RedactionOperator.Generalise => Generalising.Of(type, value),
        RedactionOperator.Hash => $"<{type}:h:{pseudonyms.Keys.Hash(type, Normal(value))}>",
        RedactionOperator.Encrypt => $"<{type}:e:{Base64Url.EncodeToString(pseudonyms.Keys.Seal(Encoding.UTF8.GetBytes(value), type))}>",
        RedactionOperator.EncryptSame => $"<{type}:s:{Base64Url.EncodeToString(pseudonyms.Keys.SealSame(Encoding.UTF8.GetBytes(value), type))}>",
        RedactionOperator.FormatPreserve => Shaped(type, value, pseudonyms.Keys, encrypt: true),
        RedactionOperator.Surrogate => Surrogates.For(type, value, pseudonyms.Keys),
        RedactionOperator.DateShift => DateShifting.Shift(type, value, pseudonyms.Keys, pseudonyms.Subject),
        _ => throw new ArgumentOutOfRangeException(nameof(chosen), chosen, "unknown operator"),
    };

    /// <summary>The digits encrypted, everything else where it was; a kind in brackets where there are too few to hide in.</summary>
    internal static string Shaped(string type, string value, RedactionKeys keys, bool encrypt)
    {
        int[] digits = [.. value.Where(char.IsAsciiDigit).Select(c => c - '0')];
        if (digits.Length < keys.Digits.LengthMin)
        {
            return $"<{type}>";
        }
        var (tweak, at) = (Encoding.UTF8.GetBytes(type), 0);
        var other = encrypt ? keys.Digits.Encrypt(digits, tweak) : keys.Digits.Decrypt(digits, tweak);
        return string.Concat(value.Select(c => char.IsAsciiDigit(c) ? (char)('0' + other[at++]) : c));
    }

    // Case and spacing do not make another person.
    internal static string Normal(string value) => string.Concat(value.Where(char.IsLetterOrDigit)).ToUpperInvariant();
}
