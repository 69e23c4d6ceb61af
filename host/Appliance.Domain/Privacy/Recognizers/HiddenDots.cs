using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Dots of addresses as people write what nobody shall click: as a word, in brackets, with blanks around.</summary>
internal static class HiddenDots
{
    private static readonly HashSet<uint> Words = WordHash.All("dot punto punkt point");

    /// <summary>The token behind the hidden dot that follows a token; -1 where none does.</summary>
    internal static int Behind(Scan scan, int token)
    {
        if (token + 1 >= scan.TokenCount)
        {
            return -1;
        }
        var between = scan.View[scan.Tokens[token].End..scan.Tokens[token + 1].Start];
        return between is [(byte)' ', (byte)'.', (byte)' '] or [(byte)'(', (byte)'.', (byte)')'] or [(byte)'{', (byte)'.', (byte)'}'] ? token + 1 : IsWord(scan, token + 1) ? token + 2 : -1;
    }

    /// <summary>Whether a word between two others stands for a dot.</summary>
    internal static bool IsWord(Scan scan, int word)
    {
        var tokens = scan.Tokens;
        return word > 0 && word + 1 < tokens.Length && Words.Contains(tokens[word].Hash) && Bracketed(scan.View, tokens[word - 1].End, tokens[word], tokens[word + 1].Start);
    }

    /// <summary>Whether a word stands between two others by itself: <c> at </c>, <c>[at]</c>, <c> (at) </c>, <c>-at-</c>.</summary>
    internal static bool Bracketed(ReadOnlySpan<byte> view, int before, Token word, int after)
    {
        var left = view[before..word.Start];
        var right = view[word.End..after];
        return left.Length is >= 1 and <= 3 && right.Length is >= 1 and <= 3 && left.IndexOfAnyExcept(" [({<-_"u8) < 0 && right.IndexOfAnyExcept(" ])}>-_"u8) < 0;
    }
}
