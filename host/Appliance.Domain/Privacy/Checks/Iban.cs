using System.Globalization;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Checks;

/// <summary>International bank account numbers: length and shape of the country, MOD 97-10. Source: ISO 13616 registry.</summary>
internal static class Iban
{
    internal const int LengthMin = 15, LengthMax = 34, HeadLength = 4;
    private const int Letters = 26;

    // BBAN shapes: n digits, a capitals, c both, each with its count.
    private static readonly string?[] Shapes = Load();

    /// <summary>What follows the check digits in a country's numbers: n a digit, a a letter, c either. Null where two capitals are no country that has such accounts.</summary>
    internal static string? ShapeOf(byte first, byte second) => first is >= (byte)'A' and <= (byte)'Z' && second is >= (byte)'A' and <= (byte)'Z' ? Shapes[Country(first, second)] : null;

    internal static bool Holds(ReadOnlySpan<byte> code) => IsShaped(code) && Iso7064.Mod97(code[..HeadLength], Iso7064.Mod97(code[HeadLength..])) == 1;

    /// <summary>Whether the country has accounts of this length and shape, whatever the check digits say.</summary>
    internal static bool IsShaped(ReadOnlySpan<byte> code)
    {
        if (code.Length < LengthMin || ShapeOf(code[0], code[1]) is not { } shape || shape.Length != code.Length - HeadLength)
        {
            return false;
        }
        for (var k = 2; k < code.Length; k++)
        {
            var isDigit = code[k] <= '9';
            if ((k < HeadLength ? 'n' : shape[k - HeadLength]) is var s && s != 'c' && s == 'n' != isDigit)
            {
                return false;
            }
        }
        return true;
    }

    private static string?[] Load()
    {
        var shapes = new string?[Letters * Letters];
        foreach (var fields in Table.Lines("iban.tsv").Select(l => l.Split('\t')))
        {
            shapes[Country((byte)fields[0][0], (byte)fields[0][1])] = Expand(fields[1]);
        }
        return shapes;
    }

    private static int Country(byte first, byte second) => ((first - 'A') * Letters) + second - 'A';

    private static string Expand(string shape) => string.Concat(shape.Split(' ').Select(part => new string(part[^1], int.Parse(part[..^1], CultureInfo.InvariantCulture))));
}
