namespace Appliance.Domain.Privacy.Checks;

/// <summary>Codes of Europe but Italy whose check is no plain weighted sum. Sources: the rules as published by the issuing offices.</summary>
internal static class EuropeanCodes
{
    private const string Spanish = "TRWAGMYFPDXBNJZSQVHLCKE";
    private const string Irish = "WABCDEFGHIJKLMNOPQRSTUV";
    private const string Finnish = "0123456789ABCDEFHJKLMNPRSTUVWXY";
    private static readonly int[] RvnrWeights = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];

    internal static bool Nino(ReadOnlySpan<byte> c)
    {
        var (first, second, two) = ((char)c[0], (char)c[1], System.Text.Encoding.ASCII.GetString(c[..2]));
        return "DFIQUV".IndexOf(first) < 0 && "DFIOQUV".IndexOf(second) < 0 && two is not ("BG" or "GB" or "KN" or "NK" or "NT" or "TN" or "ZZ") && (c.Length == 8 || c[8] is >= (byte)'A' and <= (byte)'D');
    }

    /// <summary>Five letters of the name, the year's ten, month (women's with 50 more), day, the year's one, initials.</summary>
    internal static bool BritishLicence(ReadOnlySpan<byte> c) => Digits.Number(c[6..8]) is var month && Digits.IsDay(month > 50 ? month - 50 : month, Digits.Number(c[8..10]));

    /// <summary>Letters that areas and walks have. Source: Royal Mail, PAF programmers' guide.</summary>
    internal static bool BritishPostcode(ReadOnlySpan<byte> c) => "QVX".IndexOf((char)c[0]) < 0 && (c[1] <= '9' || "IJZ".IndexOf((char)c[1]) < 0)
        && "CIKMOV".IndexOf((char)c[^1]) < 0 && "CIKMOV".IndexOf((char)c[^2]) < 0;

    /// <summary>Since 2001 two letters, half year, three letters; before, a letter of the year in front or behind.</summary>
    internal static bool BritishPlate(ReadOnlySpan<byte> c) => c[0] >= 'A' && c[1] >= 'A' && c[2] <= '9' && c.Length == 7
        ? Digits.Number(c[2..4]) is (>= 2 and <= 29) or (>= 51 and <= 79) && "IQZ".IndexOf((char)c[0]) < 0
        : "IOQUZ".IndexOf((char)(c[1] <= '9' ? c[0] : c[^1])) < 0;

    /// <summary>Eight digits and a letter; of foreigners X, Y or Z for the first.</summary>
    internal static bool SpanishNif(ReadOnlySpan<byte> c)
    {
        var first = c[0] is >= (byte)'X' and <= (byte)'Z' ? c[0] - 'X' : -1;
        var number = first < 0 ? Digits.Number(c[..^1]) : (first * 10_000_000) + Digits.Number(c[1..^1]);
        return number >= 0 && Spanish[(int)(number % 23)] == c[^1];
    }

    internal static bool IrishPps(ReadOnlySpan<byte> c)
    {
        var sum = c.Length == 9 ? (c[8] - 'A' + 1) % 23 * 9 : 0;
        for (var k = 0; k < 7; k++)
        {
            sum += (c[k] - '0') * (8 - k);
        }
        return Irish[sum % 23] == c[7];
    }

    /// <summary>Thirteen characters and two check digits; Corsica's departments 2A and 2B count as 19 and 18.</summary>
    internal static bool FrenchNir(ReadOnlySpan<byte> c)
    {
        Span<byte> digits = stackalloc byte[15];
        c.CopyTo(digits);
        if (c[6] is (byte)'A' or (byte)'B')
        {
            (digits[5], digits[6]) = ((byte)'1', c[6] == 'A' ? (byte)'9' : (byte)'8');
        }
        return Digits.Number(digits[..13]) is var number and > 0 && digits[0] is >= (byte)'1' and <= (byte)'8' && 97 - (number % 97) == Digits.Number(digits[13..]);
    }

    internal static bool BelgianNrn(ReadOnlySpan<byte> c)
    {
        var (number, check) = (Digits.Number(c[..9]), Digits.Number(c[9..]));
        return Digits.Number(c[2..4]) <= 12 && Digits.Number(c[4..6]) <= 31 && (97 - (number % 97) == check || 97 - ((number + 2_000_000_000) % 97) == check);
    }

    /// <summary>Ten characters, the mark of the century taken out by the separator or standing as a letter.</summary>
    internal static bool FinnishHetu(ReadOnlySpan<byte> c)
    {
        var end = c.Length == 11 ? c[7..10] : c[6..9];
        return Digits.IsDay(c[2..4], c[..2]) && Digits.Number(end) is >= 2 and var serial
            && Finnish[(int)(((Digits.Number(c[..6]) * 1000) + serial) % 31)] == c[^1];
    }

    internal static bool SwedishNumber(ReadOnlySpan<byte> c)
    {
        var ten = c.Length == 12 ? c[2..] : c;
        var day = Digits.Number(ten[4..6]);
        return Digits.IsDay(Digits.Number(ten[2..4]), day > 60 ? day - 60 : day) && Luhn.Holds(ten);
    }

    internal static bool NorwegianNumber(ReadOnlySpan<byte> c) => Digits.IsDay(c[2..4], c[..2])
        && Sum(c, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 == 0 && Sum(c, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0;

    internal static bool CzechNumber(ReadOnlySpan<byte> c)
    {
        var month = Digits.Number(c[2..4]) % 50;
        return Digits.IsDay(month > 20 ? month - 20 : month, Digits.Number(c[4..6])) && (Digits.Number(c) % 11 == 0 || (Digits.Number(c[..9]) % 11 == 10 && c[9] == '0'));
    }

    /// <summary>Estonia and Lithuania: a second row of weights where the first gives ten.</summary>
    internal static bool BalticNumber(ReadOnlySpan<byte> c)
    {
        var rest = Sum(c, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
        rest = rest == 10 ? Sum(c, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 % 10 : rest;
        return c[0] is >= (byte)'1' and <= (byte)'6' && Digits.IsDay(c[3..5], c[5..7]) && rest == c[10] - '0';
    }

    /// <summary>One digit stands twice or three times among the first ten, the others at most once.</summary>
    internal static bool GermanTaxId(ReadOnlySpan<byte> c)
    {
        Span<int> counts = stackalloc int[10];
        foreach (var d in c[..10])
        {
            counts[d - '0']++;
        }
        counts.Sort();
        return c[0] != '0' && counts[9] is 2 or 3 && counts[8] <= 1 && Iso7064.Mod11And10(c);
    }

    internal static bool GermanPensionNumber(ReadOnlySpan<byte> c)
    {
        Span<int> digits = stackalloc int[12];
        var letter = c[8] - 'A' + 1;
        for (int k = 0, at = 0; k < 11; k++)
        {
            if (k == 8)
            {
                (digits[at++], digits[at++]) = (letter / 10, letter % 10);
            }
            else
            {
                digits[at++] = c[k] - '0';
            }
        }
        var sum = 0;
        for (var k = 0; k < 12; k++)
        {
            var product = digits[k] * RvnrWeights[k];
            sum += (product / 10) + (product % 10);
        }
        return Digits.Number(c[2..4]) <= 31 + 50 && Digits.Number(c[4..6]) is >= 1 and <= 12 && sum % 10 == c[11] - '0';
    }

    internal static bool GermanHealthNumber(ReadOnlySpan<byte> c)
    {
        Span<byte> digits = stackalloc byte[11];
        var letter = c[0] - 'A' + 1;
        (digits[0], digits[1]) = ((byte)('0' + (letter / 10)), (byte)('0' + (letter % 10)));
        c[1..].CopyTo(digits[2..]);
        var sum = 0;
        for (var k = 0; k < 10; k++)
        {
            var product = (digits[k] - '0') * (k % 2 == 0 ? 1 : 2);
            sum += (product / 10) + (product % 10);
        }
        return sum % 10 == digits[10] - '0';
    }

    /// <summary>Identity cards and passports: letters and digits without vowels, the sum of the machine-readable zone (ICAO 9303) last.</summary>
    internal static bool GermanDocument(ReadOnlySpan<byte> c)
    {
        int[] weights = [7, 3, 1];
        var sum = 0;
        for (var k = 0; k < c.Length - 1; k++)
        {
            sum += (c[k] <= '9' ? c[k] - '0' : c[k] - 'A' + 10) * weights[k % 3];
        }
        return sum % 10 == c[^1] - '0';
    }

    internal static bool Ean13(ReadOnlySpan<byte> c) => Sum(c, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 == 0;

    private static int Sum(ReadOnlySpan<byte> c, ReadOnlySpan<int> weights)
    {
        var sum = 0;
        for (var k = 0; k < weights.Length; k++)
        {
            sum += (c[k] - '0') * weights[k];
        }
        return sum;
    }
}
