namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>IBANs: country, two check digits, account; the ISO 7064 mod 97-10 check must hold.</summary>
/// <remarks>Lengths: SWIFT's IBAN registry. An Italian IBAN with a wrong check is reported too, with less certainty: a typing slip still names an account.</remarks>
public sealed class IbanRecognizer : IRecognizer
{
    private static readonly Pattern Shape = new(@"[A-Z]{2}[ ]?\d{2}(?:[ \-]?[A-Z0-9]){11,30}", ignoreCase: true);
    private static readonly Dictionary<string, int> Lengths = new()
    {
        ["AD"] = 24, ["AE"] = 23, ["AL"] = 28, ["AT"] = 20, ["AZ"] = 28, ["BA"] = 20, ["BE"] = 16, ["BG"] = 22,
        ["BH"] = 22, ["BR"] = 29, ["BY"] = 28, ["CH"] = 21, ["CR"] = 22, ["CY"] = 28, ["CZ"] = 24, ["DE"] = 22,
        ["DK"] = 18, ["DO"] = 28, ["EE"] = 20, ["EG"] = 29, ["ES"] = 24, ["FI"] = 18, ["FO"] = 18, ["FR"] = 27,
        ["GB"] = 22, ["GE"] = 22, ["GI"] = 23, ["GL"] = 18, ["GR"] = 27, ["GT"] = 28, ["HR"] = 21, ["HU"] = 28,
        ["IE"] = 22, ["IL"] = 23, ["IQ"] = 23, ["IS"] = 26, ["IT"] = 27, ["JO"] = 30, ["KW"] = 30, ["KZ"] = 20,
        ["LB"] = 28, ["LC"] = 32, ["LI"] = 21, ["LT"] = 20, ["LU"] = 20, ["LV"] = 21, ["LY"] = 25, ["MC"] = 27,
        ["MD"] = 24, ["ME"] = 22, ["MK"] = 19, ["MR"] = 27, ["MT"] = 31, ["MU"] = 30, ["NL"] = 18, ["NO"] = 15,
        ["PK"] = 24, ["PL"] = 28, ["PS"] = 29, ["PT"] = 25, ["QA"] = 29, ["RO"] = 24, ["RS"] = 22, ["SA"] = 24,
        ["SC"] = 31, ["SD"] = 18, ["SE"] = 24, ["SI"] = 19, ["SK"] = 24, ["SM"] = 27, ["ST"] = 25, ["SV"] = 28,
        ["TL"] = 23, ["TN"] = 24, ["TR"] = 26, ["UA"] = 29, ["VA"] = 22, ["VG"] = 24, ["XK"] = 20,
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
                if (valid || code.StartsWith("IT", StringComparison.Ordinal))
                {
                    yield return new PiiFinding(
                        EntityType, match.Index, match.Index + end, valid ? 1 : 0.6, valid ? "mod97" : "length");
                }
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
