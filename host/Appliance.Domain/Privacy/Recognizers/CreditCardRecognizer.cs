namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Payment cards: 13 to 19 digits of a known issuer whose Luhn check holds.</summary>
public sealed class CreditCardRecognizer : IRecognizer
{
    private static readonly Pattern Digits = new(@"\d(?:[ \-.]{0,2}\d){12,18}");

    public string EntityType => EntityTypes.CreditCard;

    public IEnumerable<PiiFinding> Find(TextView view)
    {
        foreach (var match in Digits.Matches(view.Text))
        {
            var (start, end) = (match.Index, match.Index + match.Length);
            var digits = string.Concat(match.Value.Where(char.IsAsciiDigit));
            if (Pattern.StandsAlone(view.Text, start, end) && IsIssuer(digits) && Luhn(digits))
            {
                yield return new PiiFinding(EntityType, start, end, 0.99, "luhn");
            }
        }
    }

    /// <summary>Luhn's check over decimal digits (ISO/IEC 7812-1).</summary>
    public static bool Luhn(string digits)
    {
        var sum = 0;
        for (var k = 0; k < digits.Length; k++)
        {
            var d = digits[^(k + 1)] - '0';
            sum += k % 2 == 0 ? d : d > 4 ? (2 * d) - 9 : 2 * d;
        }
        return sum % 10 == 0;
    }

    private static bool IsIssuer(string digits) => (digits[0], digits.Length) switch
    {
        ('4', 13 or 16 or 19) => true,
        ('5' or '2', 16) => true,
        ('3', 14 or 15 or 16) => true,
        ('6', >= 13) => true,
        _ => false,
    };
}
