using Appliance.Domain.Privacy.Checks;
using Appliance.Domain.Privacy.Codes;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Codes with a line break inside one of their groups, as narrow columns and mail programs leave them: <c>IT60X05428111</c>, <c>01000000123456</c>.</summary>
/// <remarks>Only what a checksum proves; digits alone need a word beside them too, or groups of four around the break. Bounded: eight groups on either line.</remarks>
internal sealed class WrappedRecognizer : IRecognizer
{
    private const int LengthMin = 11, GroupsMax = 8, SideMax = CodeTable.LengthMax - 1, CuesBehind = 4, Four = 4;
    private const float Proven = 0.9f, Sure = 0.8f, CuedMin = 0.1f;

    public string Name => "wrapped";

    public void Find(Scan scan)
    {
        var tokens = scan.Tokens;
        var done = 0;
        foreach (var digit in scan.Digits)
        {
            // The break in front of it, and the one behind.
            for (var line = Math.Max(digit, done + 1); line <= digit + 1 && line < tokens.Length; line++)
            {
                if (line > 0 && tokens[line].Has(Kinds.LineBefore) && LineBreaks.Is(scan.View[tokens[line - 1].End..tokens[line].Start]))
                {
                    done = line;
                    At(scan, line);
                }
            }
        }
    }

    // The groups of one code that may stand on either side of the break, then every code that goes through it, the longest first.
    private static void At(Scan scan, int line)
    {
        var (first, before) = Reach(scan, line - 1, -1);
        var (last, behind) = Reach(scan, line, 1);
        if (before == 0 || behind == 0 || before + behind < LengthMin)
        {
            return;
        }
        Span<byte> code = stackalloc byte[2 * SideMax], separators = stackalloc byte[2 * SideMax];
        Write(scan, first, last, line, code, separators);
        var from = 0;
        for (var start = first; start < line; from += scan.Tokens[start++].Length)
        {
            var length = before + behind - from;
            for (var end = last; end >= line && length >= LengthMin; length -= scan.Tokens[end--].Length)
            {
                if (length <= CodeTable.LengthMax && Of(scan, (start, line, end), code.Slice(from, length), separators[from..]) is { } rule)
                {
                    scan.Add(rule.Type, scan.Tokens[start].Start, scan.Tokens[end].End, Proven, rule.Why);
                    return;
                }
            }
        }
    }

    // How far the groups go from a token on, and how many characters that are.
    private static (int Token, int Characters) Reach(Scan scan, int from, int step)
    {
        var tokens = scan.Tokens;
        var (at, characters) = (from, 0);
        for (var groups = 0; groups < GroupsMax && at >= 0 && at < tokens.Length; groups++, at += step)
        {
            var joined = at == from || (step < 0 ? Joins(scan, at) : Joins(scan, at - 1));
            if (!joined || tokens[at].Has(Kinds.High) || characters + tokens[at].Length > SideMax)
            {
                break;
            }
            characters += tokens[at].Length;
        }
        return (at - step, characters);
    }

    private static bool Joins(Scan scan, int first) =>
        !scan.Tokens[first + 1].Has(Kinds.LineBefore) && CodeRecognizer.Separator(scan.View, scan.Tokens[first], scan.Tokens[first + 1]) != 0;

    private static void Write(Scan scan, int first, int last, int line, Span<byte> code, Span<byte> separators)
    {
        separators.Clear();
        var length = 0;
        for (var k = first; k <= last; k++)
        {
            separators[length] = k == first || k == line ? (byte)0 : CodeRecognizer.Separator(scan.View, scan.Tokens[k - 1], scan.Tokens[k]);
            foreach (var c in scan.View[scan.Tokens[k].Start..scan.Tokens[k].End])
            {
                code[length++] = Bytes.Capital(c);
            }
        }
    }

    private static CodeRule? Of(Scan scan, (int Start, int Line, int End) groups, ReadOnlySpan<byte> code, ReadOnlySpan<byte> separators)
    {
        var rules = CodeRule.Table.For(CodeTable.Beginning(code[0], code[1]), code.Length);
        if (rules.Length == 0)
        {
            return null;
        }
        var (digits, places) = (0UL, 0UL);
        for (var k = 0; k < code.Length; k++)
        {
            digits |= Bytes.IsDigit(code[k]) ? 1UL << k : 0;
            places |= k > 0 && separators[k] != 0 ? 1UL << k : 0;
        }
        var onlyDigits = digits == (1UL << code.Length) - 1;
        var around = scan.Before(groups.Start) | scan.After(groups.End, CuesBehind);
        foreach (var rule in rules)
        {
            var announced = around.Has(rule.Cues) ? rule.Score >= CuedMin : rule.Score >= Sure && (!onlyDigits || AreFours(scan.Tokens, groups));
            if (announced && rule.Check is { } check && rule.Shape.Fits(code, digits, separators, places) && !Digits.AllSame(code) && check(code))
            {
                return rule;
            }
        }
        return null;
    }

    // 4111 11, 11 1111 1111
    private static bool AreFours(ReadOnlySpan<Token> tokens, (int Start, int Line, int End) groups)
    {
        for (var k = groups.Start; k <= groups.End; k++)
        {
            var length = k == groups.Line ? tokens[k].Length + tokens[k - 1].Length : tokens[k].Length;
            if (length != Four && k != groups.Line - 1)
            {
                return false;
            }
        }
        return true;
    }
}
