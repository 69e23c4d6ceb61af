namespace Appliance.Domain.Privacy.Checks;

/// <summary>Payment cards: Luhn's sum, and an issuer's first digits with a length that it gives out.</summary>
internal static class Card
{
    internal static bool Holds(ReadOnlySpan<byte> digits) => IsIssued(digits) && Luhn.Holds(digits) && !Digits.AllSame(digits);

    /// <summary>Source: the issuers' published ranges.</summary>
    internal static bool IsIssued(ReadOnlySpan<byte> digits)
    {
        var (length, four, two) = (digits.Length, (int)Digits.Number(digits[..4]), (int)Digits.Number(digits[..2]));
        return four switch
        {
            >= 4000 and <= 4999 => length is 13 or 16 or 19,
            (>= 5100 and <= 5599) or (>= 2221 and <= 2720) => length == 16,
            >= 3528 and <= 3589 => length is >= 16 and <= 19,
            (>= 3000 and <= 3059) or 3095 or (>= 3800 and <= 3999) or (>= 3600 and <= 3699) => length is >= 14 and <= 19,
            1800 or 2131 => length == 15,
            _ => two switch
            {
                34 or 37 => length == 15,
                60 or 64 or 65 or 62 or 81 => length is >= 16 and <= 19,
                50 or (>= 56 and <= 58) or 61 or 63 or (>= 66 and <= 69) => length is >= 12 and <= 19,
                _ => false,
            },
        };
    }
}
