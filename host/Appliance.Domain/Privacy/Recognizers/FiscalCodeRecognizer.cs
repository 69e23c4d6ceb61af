namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Italian codice fiscale: shape, month letter, day, check character; also with omocodia letters for digits.</summary>
/// <remarks>Source: D.M. 23 December 1976 and its tables of odd and even values. A wrong check character still counts, with less certainty.</remarks>
public sealed class FiscalCodeRecognizer : IRecognizer
{
    // Where a digit stands, omocodia may put one of LMNPQRSTUV.
    private static readonly Pattern Shape = new(
        @"[A-Z]{6}[ ]?[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[ ]?[A-Z][0-9LMNPQRSTUV]{3}[A-Z]", ignoreCase: true);

    private const string Omocodia = "LMNPQRSTUV";
    private static readonly int[] Odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

    public string EntityType => EntityTypes.FiscalCode;

    public IEnumerable<PiiFinding> Find(TextView view)
    {
        foreach (var match in Shape.Matches(view.Text))
        {
            var (start, end) = (match.Index, match.Index + match.Length);
            var code = match.Value.Replace(" ", "").ToUpperInvariant();
            if (!Pattern.StandsAlone(view.Text, start, end) || !IsDay(code))
            {
                continue;
            }
            var valid = CheckCharacter(code) == code[15];
            yield return new PiiFinding(EntityType, start, end, valid ? 1 : 0.6, valid ? "check-character" : "shape");
        }
    }

    /// <summary>The 16th character that belongs to the first 15.</summary>
    public static char CheckCharacter(string code)
    {
        var sum = 0;
        for (var k = 0; k < 15; k++)
        {
            var value = char.IsAsciiDigit(code[k]) ? code[k] - '0' : code[k] - 'A';
            sum += k % 2 == 0 ? Odd[value] : value;
        }
        return (char)('A' + (sum % 26));
    }

    // Days 1 to 31, and 41 to 71 for women.
    private static bool IsDay(string code)
    {
        var day = (Digit(code[9]) * 10) + Digit(code[10]);
        return day is (>= 1 and <= 31) or (>= 41 and <= 71);
    }

    private static int Digit(char c) => char.IsAsciiDigit(c) ? c - '0' : Omocodia.IndexOf(c, StringComparison.Ordinal);
}
