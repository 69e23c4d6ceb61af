namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>IBANs: country, two check digits, account; the ISO 7064 mod 97-10 check must hold.</summary>
/// <remarks>An Italian IBAN with a wrong check is reported too, with less certainty: a typing slip still names an account.</remarks>
public sealed class IbanRecognizer : IRecognizer
{
    private static readonly Pattern Shape = new(@"[A-Z]{2}[ ]?\d{2}(?:[ \-]?[A-Z0-9]){11,30}", ignoreCase: true);
    private static readonly Dictionary<string, int> Lengths = new()
    {
        ["AD"] = 24, ["AT"] = 20, ["BE"] = 16, ["BG"] = 22, ["CH"] = 21, ["CY"] = 28, ["CZ"] = 24, ["DE"] = 22, ["DK"] = 18,
        ["EE"] = 20, ["ES"] = 24, ["FI"] = 18, ["FR"] = 27, ["GB"] = 22, ["GR"] = 27, ["HR"] = 21, ["HU"] = 28, ["IE"] = 22,
        ["IS"] = 26, ["IT"] = 27, ["LI"] = 21, ["LT"] = 20, ["LU"] = 20, ["LV"] = 21, ["MC"] = 27, ["MT"] = 31, ["NL"] = 18,
        ["NO"] = 15, ["PL"] = 28, ["PT"] = 25, ["RO"] = 24, ["SE"] = 24, ["SI"] = 19, ["SK"] = 24, ["SM"] = 27, ["VA"] = 22,
    };

    public string EntityType => EntityTypes.Iban;

    public IEnumerable<PiiFinding> Find(TextView view)
    {
        foreach (var match in Shape.Matches(view.Text))
        {
            if (match.Index > 0 && char.IsLetterOrDigit(view.Text[match.Index - 1]))
            {
                continue;
            }
            if (!Lengths.TryGetValue(match.Value[..2].ToUpperInvariant(), out var length))
            {
                continue;
            }
            if (Take(match.Value, length) is { } end)
            {
                var code = string.Concat(match.Value[..end].Where(char.IsLetterOrDigit)).ToUpperInvariant();
                var valid = Mod97(code) == 1;
                yield return new PiiFinding(
                    EntityType, match.Index, match.Index + end, valid ? 1 : 0.6, valid ? "mod97" : "length");
            }
        }
    }

    /// <summary>The remainder of ISO 7064 mod 97-10; 1 for a valid IBAN.</summary>
    public static int Mod97(string code)
    {
        var remainder = 0;
        foreach (var c in code[4..] + code[..4])
        {
            var value = char.IsAsciiDigit(c) ? c - '0' : c - 'A' + 10;
            remainder = ((remainder * (value > 9 ? 100 : 10)) + value) % 97;
        }
        return remainder;
    }

    // The match may run on into the next word: the country says where the code ends.
    private static int? Take(string text, int length)
    {
        var taken = 0;
        for (var at = 0; at < text.Length; at++)
        {
            if (char.IsLetterOrDigit(text[at]) && ++taken == length)
            {
                return at + 1 == text.Length || !char.IsLetterOrDigit(text[at + 1]) ? at + 1 : null;
            }
        }
        return null;
    }
}
