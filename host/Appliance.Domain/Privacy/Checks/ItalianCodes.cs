using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Checks;

/// <summary>Codice fiscale and partita IVA. Sources: DM 23 December 1976 (GU 345), DPR 633/1972; omocodia by circular 8/E of 1996.</summary>
internal static class ItalianCodes
{
    internal const int FiscalCodeLength = 16;

    private const string Months = "ABCDEHLMPRST";
    private const string ForDigits = "LMNPQRSTUV";
    private static readonly int[] Odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

    private static readonly int[] DigitPlaces = [6, 7, 9, 10, 12, 13, 14];

    internal static bool FiscalCode(ReadOnlySpan<byte> code) => HasShape(code) && CheckCharacter(code[..15]) == code[15];

    /// <summary>Whether letters, month and day are those of a person's code, whatever the last character says.</summary>
    internal static bool HasShape(ReadOnlySpan<byte> code)
    {
        if (code.Length != FiscalCodeLength || Months.IndexOf((char)code[8]) is var month && month < 0 || code[11] is < (byte)'A' or > (byte)'Z' || code[15] < 'A' || code[..6].IndexOfAnyInRange((byte)'0', (byte)'9') >= 0)
        {
            return false;
        }
        foreach (var place in DigitPlaces)
        {
            if (Plain(code[place]) < 0)
            {
                return false;
            }
        }
        var day = (Plain(code[9]) * 10) + Plain(code[10]);
        return Digits.IsDay(month + 1, day > 40 ? day - 40 : day);
    }

    /// <summary>Whether a digit belongs there, or the letter that stands for one.</summary>
    internal static bool IsDigitPlace(int place) => DigitPlaces.Contains(place);

    internal static byte CheckCharacter(ReadOnlySpan<byte> fifteen)
    {
        var sum = 0;
        for (var k = 0; k < fifteen.Length; k++)
        {
            var value = fifteen[k] <= '9' ? fifteen[k] - '0' : fifteen[k] - 'A';
            sum += k % 2 == 0 ? Odd[value] : value;
        }
        return (byte)('A' + (sum % 26));
    }

    internal static bool VatCode(ReadOnlySpan<byte> digits) => Digits.Number(digits[7..10]) is (>= 1 and <= 100) or 120 or 121 or 888 or 999
        && !digits[..7].SequenceEqual("0000000"u8) && Luhn.Holds(digits);

    // A digit, or the letter that stands for it where two people would have the same code.
    private static int Plain(byte character) => character <= '9' ? character - '0' : ForDigits.IndexOf((char)character);
}
