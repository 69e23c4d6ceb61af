using System.Globalization;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Italian partita IVA: 11 digits with a Luhn-type check; a tax office that exists, or a cue or IT before it.</summary>
/// <remarks>After a cue a wrong check digit still counts, with less certainty: a typing slip still names somebody.</remarks>
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
            if (!Pattern.StandsAlone(view.Text, start, end))
            {
                continue;
            }
            var before = view.Text[Math.Max(0, start - CueDistance)..start];
            var cue = match.Length > 11 || Cues.Any(c => before.Contains(c, StringComparison.OrdinalIgnoreCase));
            var (checks, office) = (CreditCardRecognizer.Luhn(match.Value[^11..]), IsOffice(match.Value[^11..]));
            if (cue || (checks && office))
            {
                var (score, why) = (checks, cue) switch
                {
                    (true, true) => (0.99, "check-and-cue"),
                    (true, false) => (0.7, "check-and-office"),
                    _ => (0.6, "cue"),
                };
                yield return new PiiFinding(EntityType, start, end, score, why);
            }
        }
    }

    // 001-100, 120, 121, 888 and 999 are offices; newer codes exist, so a cue outweighs this.
    private static bool IsOffice(string digits) => int.Parse(digits.AsSpan(7, 3), CultureInfo.InvariantCulture)
        is (>= 1 and <= 100) or 120 or 121 or 888 or 999;
}
