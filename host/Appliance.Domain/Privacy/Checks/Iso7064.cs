namespace Appliance.Domain.Privacy.Checks;

/// <summary>The check systems of ISO 7064.</summary>
internal static class Iso7064
{
    /// <summary>The whole modulo 97, letters as 10 to 35; a valid number gives 1.</summary>
    internal static int Mod97(ReadOnlySpan<byte> code, int rest = 0)
    {
        foreach (var c in code)
        {
            rest = c <= '9' ? ((rest * 10) + c - '0') % 97 : ((rest * 100) + c - 'A' + 10) % 97;
        }
        return rest;
    }

    /// <summary>The hybrid system MOD 11,10: German tax numbers, Croatian OIB.</summary>
    internal static bool Mod11And10(ReadOnlySpan<byte> digits)
    {
        var product = 10;
        foreach (var d in digits[..^1])
        {
            var sum = (d - '0' + product) % 10;
            product = (sum == 0 ? 10 : sum) * 2 % 11;
        }
        return (11 - product) % 10 == digits[^1] - '0';
    }
}
