using System.Globalization;
using System.Text;

namespace Appliance.Domain.Privacy.Scanning;

/// <summary>What a character above ASCII is read as.</summary>
internal static class Characters
{
    /// <summary>The character stays as it is: a letter.</summary>
    internal const int Keep = -1;

    /// <summary>The character cannot be seen, and is left out.</summary>
    internal const int Drop = -2;

    /// <summary>A character that is no letter of a name here: one byte that separates.</summary>
    internal const int Other = 0x1F;

    // Letters of other alphabets that look like these; read so only beside ASCII letters and digits.
    private const string Cyrillic = "АВЕКМНОРСТХУЅІЈаеорсхуіјѕ";
    private const string CyrillicAs = "ABEKMHOPCTXYSIJaeopcxyijs";
    private const string Greek = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο";
    private const string GreekAs = "ABEZHIKMNOPTYXo";

    /// <param name="text">From the character on.</param>
    /// <param name="before">The last byte of the view so far; 0 at the beginning.</param>
    /// <returns>Its bytes, and what it is read as.</returns>
    internal static (int Width, int Mapped) Map(ReadOnlySpan<byte> text, byte before)
    {
        // Accented letters of Western Europe, by far the most: kept without a look at any table.
        if (text[0] is 0xC3 && text.Length > 1 && text[1] is not (0x97 or 0xB7))
        {
            return (2, Keep);
        }
        if (Rune.DecodeFromUtf8(text, out var rune, out var width) != System.Buffers.OperationStatus.Done)
        {
            return (width, Other);
        }
        if (rune.Value is >= 0x370 and < 0x500 && (char.IsAsciiLetterOrDigit((char)before) || (text.Length > width && char.IsAsciiLetterOrDigit((char)text[width]))))
        {
            return (width, LooksLike((char)rune.Value) is var like and not '\0' ? like : Keep);
        }
        return (width, Map(rune));
    }

    internal static int Map(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.DecimalDigitNumber => '0' + (int)Rune.GetNumericValue(rune),
        UnicodeCategory.SpaceSeparator => ' ',
        UnicodeCategory.DashPunctuation => '-',
        UnicodeCategory.Format or UnicodeCategory.NonSpacingMark => Drop,
        _ => rune.Value switch
        {
            0x2212 => '-',
            >= 0xFF01 and <= 0xFF5E => rune.Value - 0xFEE0, // full-width forms of ASCII
            0xFE52 or 0x3002 or 0x2024 or 0xB7 => '.',
            0xFE6B => '@',
            0x2018 or 0x2019 or 0x02BC or 0x00B4 or 0x2032 => '\'',
            0x201C or 0x201D or 0xAB or 0xBB or 0x201E => '"',
            0xA0 => ' ',
            0x2028 or 0x2029 or 0x85 => '\n',
            0xAA => 'a',
            0xBA or 0xB0 => 'o',
            >= 0x1D7CE and <= 0x1D7FF => '0' + ((rune.Value - 0x1D7CE) % 10),
            >= 0x1D400 and < 0x1D6A4 => ((rune.Value - 0x1D400) % 52) is var k && k < 26 ? 'A' + k : 'a' + (k - 26), // mathematical letters
            >= 0x2460 and <= 0x2468 => '1' + rune.Value - 0x2460,
            >= 0x24B6 and <= 0x24CF => 'A' + rune.Value - 0x24B6,
            >= 0x24D0 and <= 0x24E9 => 'a' + rune.Value - 0x24D0,
            >= 0x250 and < 0x370 => Keep,
            _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.LowercaseLetter or UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter ? Keep : Other,
        },
    };

    /// <summary>A letter without its accent, as one byte; x where there is none such.</summary>
    internal static int Folded(Rune rune) => rune.ToString().Normalize(NormalizationForm.FormD)[0] is var first && char.IsAsciiLetter(first) ? first : 'x';

    private static char LooksLike(char letter) =>
        Cyrillic.IndexOf(letter) is var c and >= 0 ? CyrillicAs[c] : Greek.IndexOf(letter) is var g and >= 0 ? GreekAs[g] : '\0';
}
