namespace Appliance.Domain.Privacy.Checks;

/// <summary>The sum of cards and of many national numbers. Source: ISO/IEC 7812-1, annex B.</summary>
internal static class Luhn
{
    /// <param name="start">The sum that a prefix which is not written gives, such as 24 for 80840 of US providers.</param>
    internal static bool Holds(ReadOnlySpan<byte> digits, int start = 0)
    {
        var sum = start;
        for (var k = 0; k < digits.Length; k++)
        {
            var digit = digits[k] - '0';
            sum += (digits.Length - k) % 2 == 0 ? (digit * 2 / 10) + (digit * 2 % 10) : digit;
        }
        return sum % 10 == 0;
    }
}
