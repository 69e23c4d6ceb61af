namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Italian partita IVA: 11 digits with a Luhn-type check and a tax office that exists; a cue or IT before it.</summary>
public sealed class VatCodeRecognizer : IRecognizer
{
    private const int CueDistance = 28;
    private static readonly string[] Cues = ["iva", "p.i.", "piva", "vat", "cod. fisc", "codice fiscale", "c.f."];
    private static readonly Pattern Shape = new(@"(?:IT[ ]?)?\d{11}", ignoreCase: true);

    public string EntityType => EntityTypes.VatCode;

    public IEnumerable<PiiFinding> Find(TextView view)
    {
        foreach (var match in Shape.Matches(view.Text))
        {
            var (start, end) = (match.Index, match.Index + match.Length);
            if (!Pattern.StandsAlone(view.Text, start, end) || !IsValid(match.Value[^11..]))
            {
                continue;
            }
            var before = view.Text[Math.Max(0, start - CueDistance)..start];
            var cue = match.Length > 11 || Cues.Any(c => before.Contains(c, StringComparison.OrdinalIgnoreCase));
            yield return new PiiFinding(EntityType, start, end, cue ? 0.99 : 0.7, cue ? "check-and-cue" : "check");
        }
    }

    /// <summary>Check digit (as Luhn's) and office 001–100, 120, 121, 888 or 999.</summary>
    public static bool IsValid(string digits)
    {
        var office = ((digits[7] - '0') * 100) + ((digits[8] - '0') * 10) + (digits[9] - '0');
        return CreditCardRecognizer.Luhn(digits) && office is (>= 1 and <= 100) or 120 or 121 or 888 or 999;
    }
}
