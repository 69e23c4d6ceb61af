using System.Text;

namespace Appliance.Domain.Privacy.Scanning;

/// <summary>Cuts a view into runs of letters and digits: the one pass that all recognizers start from.</summary>
internal static class Tokenizer
{
    // 0 separates; else the Kinds of the byte.
    private static readonly byte[] Classes = [.. Enumerable.Range(0, 256).Select(b => (byte)(b switch
    {
        >= '0' and <= '9' => Kinds.Digit,
        >= 'A' and <= 'Z' => Kinds.Upper,
        >= 'a' and <= 'z' => Kinds.Lower,
        >= 0x80 => Kinds.High,
        _ => Kinds.None,
    }))];

    private const int LongToken = 16;
    private static readonly bool[] Marks = [.. Enumerable.Range(0, 256).Select(b => ".:='\"-_/]".Contains((char)b, StringComparison.Ordinal))];

    private static readonly byte[] Lower = [.. Enumerable.Range(0, 256).Select(b => (byte)(b is >= 'A' and <= 'Z' ? b | 0x20 : b))];

    /// <summary>FNV-1a over the letters in lower case; also of cues and names in tables.</summary>
    internal static uint Hash(ReadOnlySpan<byte> word)
    {
        var hash = HashStart;
        byte last = 0;
        foreach (var b in word)
        {
            hash = HashNext(hash, b, ref last);
        }
        return hash;
    }

    /// <summary>The hashes of words with blanks between them.</summary>
    internal static HashSet<uint> Hashes(string words) => [.. words.Split(' ').Select(w => Hash(Encoding.UTF8.GetBytes(w)))];

    internal const uint HashStart = 2166136261;

    internal static uint HashNext(uint hash, byte b, ref byte last)
    {
        // ASCII, and the two-byte capitals of Western Europe, in lower case.
        var lower = b is >= (byte)'A' and <= (byte)'Z' || (last == 0xC3 && b is >= 0x80 and <= 0x9E) ? (byte)(b | 0x20) : b;
        last = b;
        return (hash ^ lower) * 16777619;
    }

    /// <param name="tokens">Grows as needed.</param>
    /// <returns>How many there are.</returns>
    internal static int Cut(ReadOnlySpan<byte> view, ref Token[] tokens)
    {
        var (digits, marks) = (Array.Empty<int>(), Array.Empty<int>());
        return Cut(view, ref tokens, ref digits, ref marks).Tokens;
    }

    /// <param name="digits">Gets the tokens with a digit in them: most recognizers look at no others.</param>
    /// <param name="marks">Gets the tokens that a mark follows, such as a dot or an equals sign, and very long ones.</param>
    internal static (int Tokens, int Digits, int Marks) Cut(ReadOnlySpan<byte> view, ref Token[] tokens, ref int[] digits, ref int[] marks)
    {
        var (numbers, marked) = (0, 0);
        var (count, at, line) = (0, 0, Kinds.LineBefore);
        var (classes, lower) = (Classes, Lower);
        while (true)
        {
            while (at < view.Length && classes[view[at]] == 0)
            {
                line |= view[at] == '\n' ? Kinds.LineBefore : 0;
                at++;
            }
            if (at == view.Length)
            {
                return (count, numbers, marked);
            }
            var (start, kinds, hash) = (at, 0, HashStart);
            for (; at < view.Length && classes[view[at]] is var c and not 0; at++)
            {
                kinds |= c;
                hash = (hash ^ lower[view[at]]) * 16777619;
            }
            hash = (kinds & (int)Kinds.High) != 0 ? Hash(view[start..at]) : hash; // accented capitals are two bytes
            if (count == tokens.Length)
            {
                Array.Resize(ref tokens, Math.Max(256, tokens.Length * 2));
            }
            if ((kinds & (int)Kinds.Digit) != 0)
            {
                if (numbers == digits.Length)
                {
                    Array.Resize(ref digits, Math.Max(64, digits.Length * 2));
                }
                digits[numbers++] = count;
            }
            var after = at < view.Length ? view[at] : (byte)0;
            if (Marks[after] || at - start >= LongToken || (after == ' ' && at + 1 < view.Length && view[at + 1] is (byte)'=' or (byte)':'))
            {
                if (marked == marks.Length)
                {
                    Array.Resize(ref marks, Math.Max(64, marks.Length * 2));
                }
                marks[marked++] = count;
            }
            tokens[count++] = new Token(start, at, hash, (Kinds)kinds | line | (IsCapital(view, start) ? Kinds.Capital : 0), after);
            line = 0;
        }
    }

    private static bool IsCapital(ReadOnlySpan<byte> view, int start) => view[start] < 0x80
        ? view[start] is >= (byte)'A' and <= (byte)'Z'
        : Rune.DecodeFromUtf8(view[start..], out var rune, out _) == System.Buffers.OperationStatus.Done && Rune.IsUpper(rune);
}
