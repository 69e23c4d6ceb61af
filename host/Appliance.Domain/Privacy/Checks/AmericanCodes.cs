namespace Appliance.Domain.Privacy.Checks;

/// <summary>Codes of the United States and Brazil. Sources: SSA, IRS, CMS, DEA, 49 CFR 565, Receita Federal.</summary>
internal static class AmericanCodes
{
    private const string Transliterated = "0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ";
    private static readonly int[] VinWeights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    private static readonly string[] Invented = ["123456789", "078051120", "219099999", "987654320", "457555462"];

    internal static bool Ssn(ReadOnlySpan<byte> c) => SsnShape(c) && !Digits.AllSame(c) && !Invented.Contains(System.Text.Encoding.ASCII.GetString(c));

    /// <summary>Also numbers that are known from advertisements: behind the word for one they are hidden as well.</summary>
    internal static bool SsnShape(ReadOnlySpan<byte> c) => Digits.Number(c[..3]) is not (0 or 666) and < 900 && Digits.Number(c[3..5]) > 0 && Digits.Number(c[5..]) > 0;

    internal static bool Itin(ReadOnlySpan<byte> c) =>
        c[0] == '9' && Digits.Number(c[3..5]) is (>= 50 and <= 65) or (>= 70 and <= 88) or (>= 90 and <= 92) or (>= 94 and <= 99);

    // Position by position: digit 1-9, letter, letter or digit, digit, letter, letter or digit, digit, letter, letter, digit, digit; no S L O I B Z.
    internal static bool Mbi(ReadOnlySpan<byte> c)
    {
        const string Kinds = "caxnaxnaann";
        for (var k = 0; k < Kinds.Length; k++)
        {
            var (digit, letter) = (c[k] <= '9', c[k] >= 'A' && "SLOIBZ".IndexOf((char)c[k]) < 0);
            if (!(Kinds[k] switch { 'c' => digit && c[k] != '0', 'n' => digit, 'a' => letter, _ => digit || letter }))
            {
                return false;
            }
        }
        return true;
    }

    internal static bool Dea(ReadOnlySpan<byte> c) =>
        (c[2] - '0' + c[4] - '0' + c[6] - '0' + (2 * (c[3] - '0' + c[5] - '0' + c[7] - '0'))) % 10 == c[8] - '0';

    internal static bool Vin(ReadOnlySpan<byte> c)
    {
        var sum = 0;
        for (var k = 0; k < 17; k++)
        {
            var at = Transliterated.IndexOf((char)c[k]);
            if (at < 0)
            {
                return false;
            }
            sum += at % 10 * VinWeights[k];
        }
        return c[8] == (sum % 11 is var rest and < 10 ? rest + '0' : 'X');
    }

    internal static bool Cpf(ReadOnlySpan<byte> c) => !Digits.AllSame(c) && Two(c, 9, 10) && Two(c, 10, 11);

    internal static bool Cnpj(ReadOnlySpan<byte> c) => !Digits.AllSame(c) && Cycle(c, 12) && Cycle(c, 13);

    private static bool Two(ReadOnlySpan<byte> c, int place, int weight)
    {
        var sum = 0;
        for (var k = 0; k < place; k++)
        {
            sum += (c[k] - '0') * (weight - k);
        }
        return sum * 10 % 11 % 10 == c[place] - '0';
    }

    // Weights 2 to 9 from the right, again and again.
    private static bool Cycle(ReadOnlySpan<byte> c, int place)
    {
        var sum = 0;
        for (var k = 0; k < place; k++)
        {
            sum += (c[k] - '0') * (2 + ((place - 1 - k) % 8));
        }
        return (sum % 11 is var rest and >= 2 ? 11 - rest : 0) == c[place] - '0';
    }
}
