namespace Appliance.Domain.Privacy.Checks;

/// <summary>Aadhaar's check. Source: J. Verhoeff, Error Detecting Decimal Codes (1969): the dihedral group of the pentagon.</summary>
internal static class Verhoeff
{
    private static readonly byte[][] Permutations = Permute();

    internal static bool Holds(ReadOnlySpan<byte> digits)
    {
        var sum = 0;
        for (var k = 0; k < digits.Length; k++)
        {
            sum = Times(sum, Permutations[k % 8][digits[digits.Length - 1 - k] - '0']);
        }
        return sum == 0;
    }

    // Rotations are 0 to 4, reflections 5 to 9.
    private static int Times(int a, int b) => (a < 5, b < 5) switch
    {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + ((a + b - 5) % 5),
        (false, true) => 5 + ((a - 5 - b + 5) % 5),
        (false, false) => (a - b + 5) % 5,
    };

    private static byte[][] Permute()
    {
        byte[] step = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
        var all = new byte[8][];
        all[0] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        for (var k = 1; k < 8; k++)
        {
            all[k] = [.. all[k - 1].Select(d => step[d])];
        }
        return all;
    }
}
