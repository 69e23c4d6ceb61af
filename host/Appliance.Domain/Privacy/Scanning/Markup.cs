namespace Appliance.Domain.Privacy.Scanning;

/// <summary>Tags of HTML that stand in the middle of a number and are not seen: <c>4111&lt;wbr&gt;1111</c>, <c>&lt;b&gt;IT60&lt;/b&gt; X054</c>.</summary>
/// <remarks>Only beside digits: two words that a tag keeps apart must not become one. Tags with attributes stay, since an attribute may hold personal data.</remarks>
internal static class Markup
{
    private const int LengthMax = 10, AheadMax = 24;
    private static readonly HashSet<string> Inline = ["b", "i", "u", "s", "em", "strong", "span", "font", "mark", "small", "big", "tt", "code", "wbr", "sup", "sub"];

    /// <summary>How many bytes the tag takes and what it is read as; one byte where it stays.</summary>
    /// <param name="before">The last byte of the view that is no blank; 0 at the beginning.</param>
    internal static (int Width, int Mapped) Open(ReadOnlySpan<byte> text, byte before)
    {
        var end = text[..Math.Min(text.Length, LengthMax)].IndexOf((byte)'>');
        if (end < 2)
        {
            return (1, '<');
        }
        var name = text[1..end].Trim("/ "u8);
        if (Bytes.StandsAt(name, 0, "br"u8) && name.Length == 2)
        {
            return (end + 1, '\n');
        }
        Span<char> lower = stackalloc char[LengthMax];
        var length = System.Text.Ascii.ToLower(name, lower, out var written) == System.Buffers.OperationStatus.Done ? written : 0;
        return Inline.GetAlternateLookup<ReadOnlySpan<char>>().Contains(lower[..length]) && (Bytes.IsDigit(before) || Bytes.IsDigit(Behind(text[(end + 1)..])))
            ? (end + 1, Characters.Drop) : (1, '<');
    }

    // The first byte behind blanks and further tags.
    private static byte Behind(ReadOnlySpan<byte> text)
    {
        text = text[..Math.Min(text.Length, AheadMax)];
        while (text.Length > 0 && text[0] is (byte)' ' or (byte)'<')
        {
            var skip = text[0] == ' ' ? 0 : text.IndexOf((byte)'>');
            text = skip < 0 ? default : text[(skip + 1)..];
        }
        return Bytes.At(text, 0);
    }
}
