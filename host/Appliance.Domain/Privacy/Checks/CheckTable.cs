namespace Appliance.Domain.Privacy.Checks;

/// <summary>Every check by the name that <c>Tables/codes.tsv</c> calls it by. Codes come in capitals, without separators, in the shape of their line.</summary>
internal static class CheckTable
{
    private static readonly Dictionary<string, Check> All = WeightedChecks.All().Concat(Written()).ToDictionary(c => c.Name, c => c.Check);

    /// <summary>Null for a line without a check.</summary>
    internal static Check? For(string name) => name == "-" ? null
        : All.TryGetValue(name, out var check) ? check : throw new InvalidDataException($"No check is called '{name}'.");

    internal static IEnumerable<string> Names => All.Keys;

    private static IEnumerable<(string Name, Check Check)> Written() =>
    [
        ("luhn", c => Luhn.Holds(c) && !Digits.AllSame(c)),
        ("card", Card.Holds),
        ("mod11-10", c => c[0] != '0' && Iso7064.Mod11And10(c)),
        ("iban", Iban.Holds),
        ("verhoeff", c => c[0] >= '2' && Verhoeff.Holds(c) && !IsPalindrome(c)),
        ("it-cf", ItalianCodes.FiscalCode),
        ("it-cf-shape", ItalianCodes.HasShape),
        ("it-piva", ItalianCodes.VatCode),
        ("us-ssn", AmericanCodes.Ssn), ("us-ssn-shape", AmericanCodes.SsnShape),
        ("us-itin", AmericanCodes.Itin),
        ("us-npi", c => c[0] is (byte)'1' or (byte)'2' && Luhn.Holds(c, 24)),
        ("us-mbi", AmericanCodes.Mbi),
        ("us-dea", AmericanCodes.Dea),
        ("aba-routing", c => Digits.Number(c[..2]) is <= 12 or (>= 21 and <= 32) or (>= 61 and <= 72) or 80 && All["aba"](c) && !Digits.AllSame(c)),
        ("vin", AmericanCodes.Vin),
        ("ca-sin", c => c[0] is not ((byte)'0' or (byte)'8') && Luhn.Holds(c) && !Digits.AllSame(c)),
        ("br-cpf", AmericanCodes.Cpf),
        ("br-cnpj", AmericanCodes.Cnpj),
        ("us-ein", c => Digits.Number(c[..2]) is not (0 or 7 or 8 or 9 or 17 or 18 or 19 or 28 or 29 or 49 or 69 or 70 or 78 or 79 or 89 or 96 or 97)),
        ("uk-dl", EuropeanCodes.BritishLicence),
        ("uk-postcode", EuropeanCodes.BritishPostcode),
        ("uk-plate", EuropeanCodes.BritishPlate),
        ("de-lanr", c => All["lanr"](c[..7]) && !Digits.AllSame(c)),
        ("in-gstin-shape", c => Digits.Number(c[..2]) is (>= 1 and <= 37) or 96 or 97 or 99),
        ("uk-nino", EuropeanCodes.Nino),
        ("uk-nhs", c => All["nhs"](c) && !Digits.AllSame(c)),
        ("es-nif", EuropeanCodes.SpanishNif),
        ("ie-pps", EuropeanCodes.IrishPps),
        ("fr-nir", EuropeanCodes.FrenchNir),
        ("be-nrn", EuropeanCodes.BelgianNrn),
        ("fi-hetu", EuropeanCodes.FinnishHetu),
        ("se-pnr", EuropeanCodes.SwedishNumber),
        ("se-org", c => c[2] >= '2' && c[0] is not ((byte)'0' or (byte)'4') && Luhn.Holds(c)),
        ("no-fnr", EuropeanCodes.NorwegianNumber),
        ("dk-cpr", c => Digits.IsDay(c[2..4], c[..2])),
        ("cz-rc", EuropeanCodes.CzechNumber),
        ("ee-ik", EuropeanCodes.BalticNumber),
        ("ro-cnp", c => c[0] != '0' && Digits.IsDay(c[3..5], c[5..7]) && All["cnp"](c)),
        ("bg-egn", c => Digits.IsDay((Digits.Number(c[2..4]) - 1) % 20 + 1, Digits.Number(c[4..6])) && All["egn"](c)),
        ("gr-amka", c => Digits.IsDay(c[2..4], c[..2]) && Luhn.Holds(c)),
        ("pl-pesel", c => Digits.IsDay((Digits.Number(c[2..4]) - 1) % 20 + 1, Digits.Number(c[4..6])) && All["pesel"](c)),
        ("pl-vat", c => All["nip-pl"](c[2..])),
        ("pt-nif", c => c[0] is not ((byte)'0' or (byte)'4') && All["nif-pt"](c)),
        ("nl-bsn", c => All["bsn"](c) && !Digits.AllSame(c)),
        ("de-taxid", EuropeanCodes.GermanTaxId),
        ("de-rvnr", EuropeanCodes.GermanPensionNumber),
        ("de-kvnr", EuropeanCodes.GermanHealthNumber),
        ("de-mrz", EuropeanCodes.GermanDocument),
        ("ch-ahv", c => EuropeanCodes.Ean13(c)),
        ("de-ust", c => Iso7064.Mod11And10(c[2..])),
        ("au-abn", WorldCodes.Abn),
        ("au-medicare", c => c[0] is >= (byte)'2' and <= (byte)'6' && All["medicare-au"](c[..9])),
        ("in-pan", c => "ABCFGHJLPT".IndexOf((char)c[3]) >= 0),
        ("in-gstin", WorldCodes.Gstin),
        ("kr-rrn", c => Digits.IsDay(c[2..4], c[4..6]) && c[6] is not ((byte)'0' or (byte)'9')),
        ("kr-rrn-sum", c => Digits.IsDay(c[2..4], c[4..6]) && c[6] is not ((byte)'0' or (byte)'9') && All["kr-sum"](c)),
        ("kr-dl", c => Digits.Number(c[..2]) is >= 11 and <= 28 && Digits.Number(c[2..4]) is <= 30 or >= 60), // region, year of issue
        ("de-plz", c => Digits.Number(c) is >= 1001 and <= 99998 && Digits.Number(c[..2]) is not (0 or 5 or 43 or 62)),
        ("de-elster", c => c[4] == '0' && !Digits.AllSame(c)),
        ("au-tfn", c => All["tfn"](c) && !Digits.AllSame(c)),
        ("acn", c => All["acn-sum"](c) && !Digits.AllSame(c)),
        ("kr-brn", WorldCodes.KoreanBusiness),
        ("sg-nric", WorldCodes.SingaporeNric),
        ("sg-uen", WorldCodes.SingaporeUen),
        ("th-tnin", c => Digits.Number(c[1..3]) is (>= 10 and <= 27) or (>= 30 and <= 49) or (>= 50 and <= 58) or (>= 60 and <= 67) or (>= 70 and <= 77) or (>= 80 and <= 86) or (>= 90 and <= 96) && c[0] is not ((byte)'0' or (byte)'9') && All["thai"](c)),
        ("tr-tckn", WorldCodes.TurkishNumber),
        ("tr-plate", c => Digits.Number(c[..2]) is >= 1 and <= 81),
        ("za-id", c => Digits.IsDay(c[2..4], c[4..6]) && c[10] <= '2' && Luhn.Holds(c)),
        ("nz-ird", c => Digits.Number(c) is >= 10_000_000 and <= 150_000_000),
        ("imei", c => Luhn.Holds(c) && !Digits.AllSame(c)),
        ("date6", c => Digits.IsDay(c[2..4], c[4..6])),
    ];

    private static bool IsPalindrome(ReadOnlySpan<byte> digits)
    {
        for (var k = 0; k < digits.Length / 2; k++)
        {
            if (digits[k] != digits[^(k + 1)])
            {
                return false;
            }
        }
        return true;
    }
}
