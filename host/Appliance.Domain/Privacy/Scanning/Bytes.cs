namespace Appliance.Domain.Privacy.Scanning;

/// <summary>Questions about single bytes of a view.</summary>
internal static class Bytes
{
    internal static bool IsDigit(byte b) => b is >= (byte)'0' and <= (byte)'9';

    /// <summary>A letter or digit; bytes above ASCII are letters in a view.</summary>
    internal static bool IsWord(byte b) => b >= 0x80 || char.IsAsciiLetterOrDigit((char)b);

    /// <summary>Whether there is any letter or digit: what was hidden before has none.</summary>
    internal static bool HasWord(ReadOnlySpan<byte> text)
    {
        foreach (var b in text)
        {
            if (IsWord(b))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>An ASCII letter as a capital; anything else as it is.</summary>
    internal static byte Capital(byte b) => char.IsAsciiLetterLower((char)b) ? (byte)(b - 32) : b;

    internal static bool IsHex(byte b) => char.IsAsciiHexDigit((char)b);

    /// <summary>Where it stands next, from a place on; -1 where it does not.</summary>
    internal static int Next(ReadOnlySpan<byte> view, int from, ReadOnlySpan<byte> what) => view[from..].IndexOf(what) is var at and >= 0 ? from + at : -1;

    /// <summary>The byte there; 0 outside.</summary>
    internal static byte At(ReadOnlySpan<byte> view, int place) => (uint)place < (uint)view.Length ? view[place] : (byte)0;

    /// <summary>Whether the ASCII text stands there, in any case.</summary>
    internal static bool StandsAt(ReadOnlySpan<byte> view, int place, ReadOnlySpan<byte> lower) =>
        place >= 0 && place + lower.Length <= view.Length && System.Text.Ascii.EqualsIgnoreCase(view.Slice(place, lower.Length), lower);

    /// <summary>Bits of chance in one character, as Shannon counts them: 0 for one letter again and again, 6 for the best of Base64.</summary>
    internal static double Entropy(ReadOnlySpan<byte> text)
    {
        Span<int> counts = stackalloc int[256];
        foreach (var b in text)
        {
            counts[b]++;
        }
        var sum = 0.0;
        foreach (var count in counts)
        {
            sum -= count == 0 ? 0 : (double)count / text.Length * Math.Log2((double)count / text.Length);
        }
        return sum;
    }
}
