namespace Appliance.Domain.Privacy.Checks;

/// <summary>Codes of Asia, Australia and Turkey whose check is no plain weighted sum. Sources: the rules as published by the issuing offices.</summary>
internal static class WorldCodes
{
    private static readonly int[] AbnWeights = [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19];
    private static readonly int[] BrnWeights = [1, 3, 7, 1, 3, 7, 1, 3, 5];
    private static readonly int[] NricWeights = [2, 7, 6, 5, 4, 3, 2];

    internal static bool Abn(ReadOnlySpan<byte> c)
    {
        var sum = -10;
        for (var k = 0; k < 11; k++)
        {
            sum += (c[k] - '0') * AbnWeights[k];
        }
        return c[0] != '0' && sum % 89 == 0;
    }

    /// <summary>State, PAN, one more and Z, and a check of base 36.</summary>
    internal static bool Gstin(ReadOnlySpan<byte> c)
    {
        var sum = 0;
        for (var k = 0; k < 14; k++)
        {
            var product = Base36(c[k]) * (k % 2 == 0 ? 1 : 2);
            sum += (product / 36) + (product % 36);
        }
        return Digits.Number(c[..2]) is (>= 1 and <= 38) or 96 or 97 or 99 && (36 - (sum % 36)) % 36 == Base36(c[14]);
    }

    internal static bool KoreanBusiness(ReadOnlySpan<byte> c)
    {
        var sum = 0;
        for (var k = 0; k < 9; k++)
        {
            sum += (c[k] - '0') * BrnWeights[k];
        }
        sum += (c[8] - '0') * 5 / 10;
        return Digits.Number(c[..3]) >= 101 && (10 - (sum % 10)) % 10 == c[9] - '0';
    }

    internal static bool SingaporeNric(ReadOnlySpan<byte> c)
    {
        var sum = c[0] switch { (byte)'T' or (byte)'G' => 4, (byte)'M' => 3, _ => 0 };
        for (var k = 0; k < 7; k++)
        {
            sum += (c[k + 1] - '0') * NricWeights[k];
        }
        return c[8] == c[0] switch
        {
            (byte)'S' or (byte)'T' => "JZIHGFEDCBA"[sum % 11],
            (byte)'F' or (byte)'G' => "XWUTRQPNMLK"[sum % 11],
            _ => "XWUTRQPNJLK"[10 - (sum % 11)],
        };
    }

    /// <summary>Source: ACRA. Eight digits and a letter; year, five digits and a letter; T or S, year, kind, four digits and a letter.</summary>
    internal static bool SingaporeUen(ReadOnlySpan<byte> c)
    {
        if (c[0] >= 'A')
        {
            return c[0] is (byte)'T' or (byte)'S' or (byte)'R' && Weighted(c[..9], [4, 3, 5, 3, 10, 2, 2, 5, 7], "ABCDEFGHJKLMNPQRSTUVWX0123456789") is var sum && "ABCDEFGHJKLMNPQRSTUVWX0123456789"[(sum + 32 - 5) % 11] == c[9];
        }
        return c.Length == 9
            ? "XMKECAWLJDB"[Weighted(c[..8], [10, 4, 9, 3, 8, 2, 7, 1], "0123456789") % 11] == c[8]
            : "ZKCMDNERGWH"[Weighted(c[..9], [10, 8, 6, 4, 9, 7, 5, 3, 1], "0123456789") % 11] == c[9];
    }

    internal static bool TurkishNumber(ReadOnlySpan<byte> c)
    {
        var (odd, even) = (0, 0);
        for (var k = 0; k < 9; k++)
        {
            if (k % 2 == 0)
            {
                odd += c[k] - '0';
            }
            else
            {
                even += c[k] - '0';
            }
        }
        var tenth = ((odd * 7) - even) % 10;
        return c[0] != '0' && (tenth + 10) % 10 == c[9] - '0' && (odd + even + c[9] - '0') % 10 == c[10] - '0';
    }

    private static int Base36(byte c) => c <= '9' ? c - '0' : c - 'A' + 10;

    private static int Weighted(ReadOnlySpan<byte> c, ReadOnlySpan<int> weights, string alphabet)
    {
        var sum = 0;
        for (var k = 0; k < weights.Length; k++)
        {
            sum += Math.Max(0, alphabet.IndexOf((char)c[k])) * weights[k];
        }
        return sum;
    }
}
