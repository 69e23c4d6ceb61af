using System.Globalization;
using System.Text;

namespace Appliance.Domain.Privacy;

/// <summary>A text as recognizers read it: digits, spaces and dashes in one form, invisible characters gone.</summary>
/// <remarks>Every character of the view knows its place in the original, so that the original characters are redacted.</remarks>
public sealed class TextView
{
    private readonly int[] _starts;
    private readonly int[] _ends;

    private TextView(string text, int[] starts, int[] ends, int originalLength) =>
        (Text, _starts, _ends, OriginalLength) = (text, starts, ends, originalLength);

    public string Text { get; }

    public int OriginalLength { get; }

    public static TextView Of(string original)
    {
        var text = new StringBuilder(original.Length);
        var (starts, ends) = (new List<int>(original.Length), new List<int>(original.Length));
        for (var at = 0; at < original.Length;)
        {
            var known = Rune.TryGetRuneAt(original, at, out var rune);
            var width = known ? rune.Utf16SequenceLength : 1;
            var mapped = known ? Map(rune) : '\uFFFD';
            if (mapped != '\0')
            {
                text.Append(mapped);
                starts.Add(at);
                ends.Add(at + width);
            }
            at += width;
        }
        return new TextView(text.ToString(), [.. starts], [.. ends], original.Length);
    }

    /// <summary>A finding in the view as a finding in the original.</summary>
    public PiiFinding ToOriginal(PiiFinding inView) => inView with
    {
        Start = _starts[inView.Start],
        End = _ends[inView.End - 1],
    };

    // One character for each visible one; '\0' drops it.
    private static char Map(Rune rune)
    {
        var category = Rune.GetUnicodeCategory(rune);
        if (category == UnicodeCategory.DecimalDigitNumber)
        {
            return (char)('0' + (int)Rune.GetNumericValue(rune));
        }
        return rune.Value switch
        {
            0x00AD or 0x034F or 0x061C or 0xFEFF => '\0',
            >= 0x200B and <= 0x200F => '\0',
            >= 0x202A and <= 0x202E => '\0',
            >= 0x2060 and <= 0x206F => '\0',
            '\n' or '\r' or '\t' => (char)rune.Value,
            >= 0xFF01 and <= 0xFF5E => (char)(rune.Value - 0xFEE0), // full-width forms of ASCII
            0x2019 or 0x02BC or 0x0060 or 0x00B4 => '\'',
            _ when category == UnicodeCategory.SpaceSeparator => ' ',
            _ when category == UnicodeCategory.DashPunctuation || rune.Value == 0x2212 => '-',
            _ when rune.IsBmp => (char)rune.Value,
            _ => '\uFFFD',
        };
    }
}
