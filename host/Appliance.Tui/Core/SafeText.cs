using System.Globalization;
using System.Text;

namespace Appliance.Tui.Core;

/// <summary>Makes text from outside harmless for a terminal: no escape sequence, no control, no trick with direction.</summary>
/// <remarks>Everything that the TUI and the CLI print of names, labels, logs and answers goes through here.</remarks>
public static class SafeText
{
    private const char Replacement = '\uFFFD';

    /// <summary>One line of visible characters; what could act on a terminal becomes U+FFFD, line breaks become spaces.</summary>
    public static string Line(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }
        var safe = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, at, out var rune))
            {
                safe.Append(Replacement); // a lone surrogate
                at++;
                continue;
            }
            safe.Append(rune.Value is '\n' or '\r' or '\t' ? " " : IsHarmless(rune) ? rune.ToString() : Replacement.ToString());
            at += rune.Utf16SequenceLength;
        }
        return safe.ToString();
    }

    private static bool IsHarmless(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned => false,
        _ => true,
    };
}
