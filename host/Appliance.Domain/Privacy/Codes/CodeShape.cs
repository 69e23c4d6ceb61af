namespace Appliance.Domain.Privacy.Codes;

/// <summary>How one kind of code is written, character by character.</summary>
/// <remarks>In the table: <c>d</c> digit, <c>a</c> letter, <c>x</c> either, capitals and digits themselves, <c>{n}</c> repeats, <c>{n,m}</c> is every length between;
/// <c>- . / _</c> a separator that must stand there (_ is a space), <c>~</c> one that may, <c>*</c> in front: separators wherever they are.</remarks>
internal sealed class CodeShape
{
    internal const byte NoneHere = 0, Any = 1, MayBe = 2;

    private readonly ulong _digits, _letters;
    private readonly (int At, byte Is)[] _literals, _marks;

    private CodeShape(string mask, byte[] separators)
    {
        (Mask, Separators) = (mask, separators);
        for (var k = 0; k < mask.Length; k++)
        {
            _digits |= mask[k] is 'd' or (>= '0' and <= '9') ? 1UL << k : 0;
            _letters |= mask[k] is 'a' or (>= 'A' and <= 'Z') ? 1UL << k : 0;
            Allowed |= k == 0 || separators[k] == NoneHere ? 0 : 1UL << k;
            Required |= k > 0 && separators[k] > MayBe ? 1UL << k : 0;
        }
        _literals = [.. mask.Index().Where(m => m.Item is not ('d' or 'a' or 'x')).Select(m => (m.Index, (byte)m.Item))];
        _marks = [.. separators.Index().Where(m => m.Index > 0 && m.Item > MayBe).Select(m => (m.Index, m.Item))];
    }

    /// <summary>Places before which a separator may stand, as bits.</summary>
    internal ulong Allowed { get; }

    /// <summary>Places before which one must.</summary>
    internal ulong Required { get; }

    /// <summary>One character for each of the code, without separators.</summary>
    internal string Mask { get; }

    /// <summary>What may stand before each character: none, any or one, or the separator itself.</summary>
    internal byte[] Separators { get; }

    /// <param name="code">In capitals, as long as the mask.</param>
    /// <param name="digits">Which of its characters are digits, as bits; the others are letters.</param>
    /// <param name="separators">What stands before each character.</param>
    /// <param name="places">Where separators stand, as bits.</param>
    internal bool Fits(ReadOnlySpan<byte> code, ulong digits, ReadOnlySpan<byte> separators, ulong places)
    {
        if (((places & ~Allowed) | (Required & ~places) | (_digits & ~digits) | (_letters & digits)) != 0)
        {
            return false;
        }
        foreach (var (at, wanted) in _literals)
        {
            if (code[at] != wanted)
            {
                return false;
            }
        }
        foreach (var (at, wanted) in _marks)
        {
            if (separators[at] != wanted)
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Every shape that one cell of the table stands for.</summary>
    internal static IEnumerable<CodeShape> Read(string written)
    {
        var anywhere = written[0] == '*';
        return Expand(anywhere ? written[1..] : written).Select(plain => One(plain, anywhere));
    }

    private static CodeShape One(string plain, bool anywhere)
    {
        var (mask, separators, next) = (new List<char>(), new List<byte>(), anywhere ? Any : NoneHere);
        foreach (var c in plain)
        {
            if (c is '-' or '.' or '/' or ':' or '_' or '~')
            {
                next = c switch { '~' => MayBe, '_' => (byte)' ', _ => (byte)c };
                continue;
            }
            mask.Add(c);
            separators.Add(next);
            next = anywhere ? Any : NoneHere;
        }
        return new CodeShape(string.Concat(mask), [.. separators]);
    }

    // d{3} -> ddd; d{2,3} -> dd and ddd.
    private static IEnumerable<string> Expand(string written)
    {
        var open = written.IndexOf('{', StringComparison.Ordinal);
        if (open < 0)
        {
            return [written];
        }
        var close = written.IndexOf('}', open);
        var counts = written[(open + 1)..close].Split(',').Select(int.Parse).ToArray();
        return Enumerable.Range(counts[0], counts[^1] - counts[0] + 1)
            .SelectMany(n => Expand(written[(close + 1)..]).Select(rest => written[..(open - 1)] + new string(written[open - 1], n) + rest));
    }
}
