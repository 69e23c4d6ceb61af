using System.Globalization;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Checks;

/// <summary>International bank account numbers: length and shape of the country, MOD 97-10. Source: ISO 13616 registry.</summary>
internal static class Iban
{
    internal const int LengthMin = 15, LengthMax = 34;

    // BBAN shapes: n digits, a capitals, c both, each with its count.
    private static readonly Dictionary<int, string> Shapes = Table.Lines("iban.tsv").Select(l => l.Split('\t')).ToDictionary(f => Country((byte)f[0][0], (byte)f[0][1]), f => Expand(f[1]));

    private static readonly bool[] Countries = [.. Enumerable.Range(0, 26 * 26).Select(n => Shapes.ContainsKey(Country((byte)('A' + (n / 26)), (byte)('A' + (n % 26)))))];

    /// <summary>Whether two capitals are a country that has such accounts.</summary>
    internal static bool IsCountry(byte first, byte second) => first is >= (byte)'A' and <= (byte)'Z' && second is >= (byte)'A' and <= (byte)'Z' && Countries[((first - 'A') * 26) + second - 'A'];

    internal static bool Holds(ReadOnlySpan<byte> code) => IsShaped(code) && Iso7064.Mod97(code[..4], Iso7064.Mod97(code[4..])) == 1;

    /// <summary>Whether the country has accounts of this length and shape, whatever the check digits say.</summary>
    internal static bool IsShaped(ReadOnlySpan<byte> code)
    {
        if (code.Length < LengthMin || !Shapes.TryGetValue(Country(code[0], code[1]), out var shape) || shape.Length != code.Length - 4)
        {
            return false;
        }
        for (var k = 2; k < code.Length; k++)
        {
            var isDigit = code[k] <= '9';
            if ((k < 4 ? 'n' : shape[k - 4]) is var s && s != 'c' && s == 'n' != isDigit)
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>The length that a country's numbers have; 0 where it has none.</summary>
    internal static int LengthOf(byte first, byte second) => Shapes.TryGetValue(Country(first, second), out var shape) ? shape.Length + 4 : 0;

    /// <summary>What the country has at a place behind the two letters: n a digit, a a letter, c either. The length must be the country's.</summary>
    internal static char KindAt(ReadOnlySpan<byte> code, int place) => place < 4 ? 'n' : Shapes[Country(Capital(code[0]), Capital(code[1]))][place - 4];

    private static byte Capital(byte b) => Scanning.Bytes.Capital(b);

    private static int Country(byte first, byte second) => (first << 8) | second;

    private static string Expand(string shape) => string.Concat(shape.Split(' ').Select(part => new string(part[^1], int.Parse(part[..^1], CultureInfo.InvariantCulture))));
}
