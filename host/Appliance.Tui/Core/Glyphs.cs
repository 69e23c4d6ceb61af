using System.Globalization;
using System.Text;

namespace Appliance.Tui.Core;

/// <summary>How many places a character takes, and which characters belong together.</summary>
/// <remarks>Widths: Unicode's East Asian Width W and F in ranges; combining marks join the glyph before them.</remarks>
public static class Glyphs
{
    // First and last code point of the wide ranges that terminals agree on.
    private static readonly (int First, int Last)[] Wide =
    [
        (0x1100, 0x115F), (0x2E80, 0x303E), (0x3041, 0x33FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA000, 0xA4CF),
        (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE4F), (0xFF00, 0xFF60), (0xFFE0, 0xFFE6), (0x1F300, 0x1F64F),
        (0x1F680, 0x1F6FF), (0x1F900, 0x1F9FF), (0x20000, 0x3FFFD),
    ];

    /// <summary>A harmless text as glyphs, each with its combining marks.</summary>
    public static List<string> Split(string text)
    {
        var glyphs = new List<string>();
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsMark(rune) && glyphs.Count > 0)
            {
                glyphs[^1] += rune.ToString();
            }
            else
            {
                glyphs.Add(IsMark(rune) ? " " + rune : rune.ToString());
            }
        }
        return glyphs;
    }

    public static int Width(string glyph) =>
        glyph.Length > 0 && Rune.GetRuneAt(glyph, 0).Value is var code && Wide.Any(r => code >= r.First && code <= r.Last) ? 2 : 1;

    /// <summary>A glyph whose width terminals disagree on: the cursor is placed anew after it.</summary>
    internal static bool IsRisky(string glyph) => glyph.Length != 1 || glyph[0] > 0x2FF;

    private static bool IsMark(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.SpacingCombiningMark;
}
