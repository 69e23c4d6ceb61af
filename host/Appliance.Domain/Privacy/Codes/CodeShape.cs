namespace Appliance.Domain.Privacy.Codes;

/// <summary>How one kind of code is written, character by character.</summary>
/// <remarks>In the table: <c>d</c> digit, <c>a</c> letter, <c>x</c> either, capitals and digits themselves, <c>{n}</c> repeats, <c>{n,m}</c> is every length between;
/// <c>- . / _</c> a separator that must stand there (_ is a space), <c>~</c> one that may, <c>*</c> in front: separators wherever they are.</remarks>
internal sealed class CodeShape
{
    internal const byte NoneHere = 0, Any = 1, MayBe = 2;

    private CodeShape(string mask, byte[] separators)
    {
        (Mask, Separators) = (mask, separators);
        for (var k = 1; k < separators.Length; k++)
        {
            Allowed |= separators[k] == NoneHere ? 0 : 1UL << k;
            Required |= separators[k] > MayBe ? 1UL << k : 0;
        }
    }

    /// <summary>Places before which a separator may stand, as bits.</summary>
    internal ulong Allowed { get; }

    /// <summary>Places before which one must.</summary>
    internal ulong Required { get; }

    /// <summary>One character for each of the code, without separators.</summary>
    internal string Mask { get; }

    /// <summary>What may stand before each character: none, any or one, or the separator itself.</summary>
    internal byte[] Separators { get; }

    /// <param name="places">Where separators stand, as bits.</param>
    internal bool Fits(ReadOnlySpan<byte> code, ReadOnlySpan<byte> separators, ulong places)
    {
        if ((places & ~Allowed) != 0 || (Required & ~places) != 0)
        {
            return false;
        }
        for (var k = 0; k < Mask.Length; k++)
        {
            var (want, have) = (Mask[k], code[k]);
            if (!(want switch { 'd' => have <= '9', 'a' => have >= 'A', 'x' => true, _ => want == have }))
            {
                return false;
            }
            if (k > 0 && !(Separators[k] switch { NoneHere => separators[k] == 0, Any or MayBe => true, var must => separators[k] == must }))
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
