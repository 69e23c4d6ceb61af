namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Phone numbers: Italian mobile and land lines, and any number with an international prefix.</summary>
public sealed class PhoneRecognizer : IRecognizer
{
    private const int CueDistance = 24;
    private static readonly string[] Cues = ["tel", "cell", "fax", "phone", "mobile", "chiam", "numero", "recapit", "contatt", "whatsapp"];
    private static readonly Pattern Number = new(@"(?:\+|00)?\(?\d(?:[ .\-/()]{0,2}\d){5,16}");

    public string EntityType => EntityTypes.Phone;

    public IEnumerable<PiiFinding> Find(TextView view)
    {
        var text = view.Text;
        foreach (var match in Number.Matches(text))
        {
            var (start, end) = (match.Index, match.Index + match.Length);
            if (!Pattern.StandsAlone(text, start, end) || IsPartOfDecimal(text, start, end))
            {
                continue;
            }
            var digits = string.Concat(match.Value.Where(char.IsAsciiDigit));
            if (Score(match.Value, digits, HasCue(text, start)) is { } found)
            {
                var open = match.Value[0] == '(' || start == 0 || text[start - 1] != '(' ? start : start - 1;
                yield return new PiiFinding(EntityType, open, end, found.Score, found.Why);
            }
        }
    }

    private static (double Score, string Why)? Score(string written, string digits, bool cue) => (written[0], digits) switch
    {
        ('+', { Length: >= 8 and <= 15 }) => (0.95, "international"),
        (_, ['0', '0', .. { Length: >= 8 and <= 15 }]) => (0.9, "international-00"),
        (_, ['3', _, .. { Length: >= 7 and <= 8 }]) => (0.9, "it-mobile"), // 3xx and 6 to 7 digits more
        (_, ['0', not '0', .. { Length: >= 6 and <= 9 }]) when cue || written.Any(c => !char.IsAsciiDigit(c)) => (0.8, "it-landline"),
        (_, { Length: >= 6 and <= 12 }) when cue => (0.7, "cue"),
        _ => null,
    };

    private static bool HasCue(string text, int start)
    {
        var before = text[Math.Max(0, start - CueDistance)..start];
        return Cues.Any(cue => before.Contains(cue, StringComparison.OrdinalIgnoreCase));
    }

    // 1.234.567,89 is an amount, 2023-11-04 a date: neither is a phone number.
    private static bool IsPartOfDecimal(string text, int start, int end) =>
        (end + 1 < text.Length && text[end] == ',' && char.IsAsciiDigit(text[end + 1]))
        || (start >= 2 && text[start - 1] is ',' && char.IsAsciiDigit(text[start - 2]));
}
