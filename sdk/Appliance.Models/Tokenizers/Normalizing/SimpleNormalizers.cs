using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Appliance.Models.Tokenizers.Normalizing;

/// <summary>Unicode's simple lower case, character by character.</summary>
internal sealed class Lowercase : INormalizer
{
    public void Apply(TextBuffer text) => Change(text);

    internal static void Change(TextBuffer text)
    {
        Span<char> units = stackalloc char[2];
        text.Begin();
        for (var k = 0; k < text.Length; k += text.Width(k))
        {
            var rune = text.RuneAt(k);
            if (rune.Value == 0x130) // İ is the one letter whose lower case has two characters
            {
                text.Put('i', text.StartOf(k), text.EndOf(k));
                text.Put('\u0307', text.StartOf(k), text.EndOf(k));
                continue;
            }
            var lower = Rune.ToLowerInvariant(rune);
            if (lower == rune)
            {
                text.Keep(k, k + text.Width(k));
                continue;
            }
            var n = lower.EncodeToUtf16(units);
            for (var u = 0; u < n; u++)
            {
                text.Put(units[u], text.StartOf(k), text.EndOf(k));
            }
        }
        text.End();
    }
}

/// <summary>Combining marks out.</summary>
internal sealed class StripAccents : INormalizer
{
    public void Apply(TextBuffer text) => Remove(text);

    internal static void Remove(TextBuffer text)
    {
        text.Begin();
        for (var k = 0; k < text.Length; k += text.Width(k))
        {
            if (Rune.GetUnicodeCategory(text.RuneAt(k)) != UnicodeCategory.NonSpacingMark)
            {
                text.Keep(k, k + text.Width(k));
            }
        }
        text.End();
    }
}

/// <summary>White space off the ends.</summary>
internal sealed class Strip(bool left, bool right) : INormalizer
{
    public void Apply(TextBuffer text)
    {
        var (from, to) = (0, text.Length);
        while (left && from < to && char.IsWhiteSpace(text.Text[from]))
        {
            from++;
        }
        while (right && to > from && char.IsWhiteSpace(text.Text[to - 1]))
        {
            to--;
        }
        if (from > 0 || to < text.Length)
        {
            text.Begin();
            text.Keep(from, to);
            text.End();
        }
    }
}

/// <summary>Text in front, unless there is none to stand in front of.</summary>
internal sealed class Prepend(string prefix) : INormalizer
{
    public void Apply(TextBuffer text)
    {
        if (text.Length == 0)
        {
            return;
        }
        text.Begin();
        foreach (var unit in prefix)
        {
            text.Put(unit, text.StartOf(0), text.EndOf(0));
        }
        text.Keep(0, text.Length);
        text.End();
    }
}

/// <summary>Every match of a text or a pattern by another text; the new text stands for the last character that went.</summary>
internal sealed class Replace(string? literal, Regex? pattern, string content) : INormalizer
{
    public void Apply(TextBuffer text)
    {
        if (literal is not null && text.Text.IndexOf(literal, StringComparison.Ordinal) < 0)
        {
            return;
        }
        var done = 0;
        text.Begin();
        if (pattern is not null)
        {
            foreach (var match in pattern.EnumerateMatches(text.Text)) // the new text grows in a buffer of its own
            {
                Swap(text, ref done, match.Index, match.Length);
            }
        }
        else if (literal is { Length: > 0 })
        {
            for (var next = Find(text, done); next >= 0; next = Find(text, done))
            {
                Swap(text, ref done, next, literal.Length);
            }
        }
        text.Keep(done, text.Length);
        text.End();
    }

    private int Find(TextBuffer text, int from)
    {
        var at = text.Text[from..].IndexOf(literal, StringComparison.Ordinal);
        return at < 0 ? -1 : from + at;
    }

    private void Swap(TextBuffer text, ref int done, int at, int length)
    {
        if (length == 0)
        {
            return;
        }
        text.Keep(done, at);
        var last = at + length - 1;
        foreach (var unit in content)
        {
            text.Put(unit, text.StartOf(last), text.EndOf(last));
        }
        done = at + length;
    }
}
