using System.Text;
using System.Text.RegularExpressions;
using Appliance.Domain.Privacy.Checks;

namespace Appliance.Domain.Privacy;

/// <summary>A second look at a redacted text with other means than the first: whole-text normalisation and regular expressions, slow and narrow.</summary>
/// <remarks>It shares nothing with the recognizers but the checksums. What it finds is certain; a find means that the first look has a hole, so the text is blocked.</remarks>
internal static partial class ResidualCheck
{
    /// <exception cref="DetectionFailedException">Something is left; the message does not say what.</exception>
    internal static void ThrowIfLeft(string redacted)
    {
        // Most texts have nothing that any of these could begin with.
        if (redacted.AsSpan().IndexOfAnyInRange('0', '9') < 0 && !redacted.Contains('@', StringComparison.Ordinal) && Ascii.IsValid(redacted))
        {
            return;
        }
        var text = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(redacted)).Normalize(NormalizationForm.FormKC); // a lone surrogate cannot be normalised
        var kind = Email().IsMatch(text) ? EntityTypes.Email
            : Any(Iban(), text, c => Checks.Iban.Holds(c)) ? EntityTypes.Iban
            : Any(FiscalCode(), text, c => ItalianCodes.FiscalCode(c)) ? EntityTypes.FiscalCode
            : Any(Card(), text, c => Checks.Card.Holds(c)) ? EntityTypes.CreditCard : null;
        if (kind is not null)
        {
            throw new DetectionFailedException(kind, "left something that the second look found");
        }
    }

    private static bool Any(Regex shape, string text, Check check)
    {
        for (var match = shape.Match(text); match.Success; match = match.NextMatch())
        {
            if (check(Encoding.ASCII.GetBytes(match.Value.ToUpperInvariant())))
            {
                return true;
            }
        }
        return false;
    }

    [GeneratedRegex(@"\b[A-Za-z0-9]{2,40}(\.[A-Za-z0-9]{1,40}){0,4}@[A-Za-z0-9]{2,40}\.(com|org|net|it|eu|edu|gov)\b", RegexOptions.NonBacktracking)]
    private static partial Regex Email();

    [GeneratedRegex(@"\b[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}\b", RegexOptions.NonBacktracking)]
    private static partial Regex Iban();

    [GeneratedRegex(@"\b[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z]\b", RegexOptions.NonBacktracking)]
    private static partial Regex FiscalCode();

    [GeneratedRegex(@"\b[3-6][0-9]{12,18}\b", RegexOptions.NonBacktracking)]
    private static partial Regex Card();
}
