using Appliance.Domain.Privacy.Cues;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Telephone numbers: international ones by their country's code, national ones by the groups that a country writes, others by a word beside them.</summary>
internal sealed class PhoneRecognizer : IRecognizer
{
    private const int DigitsMin = 6, DigitsMax = 15, GroupsMax = 8, SinglesMax = 2, CuesBehind = 2;
    private static readonly CueSet Phone = CueLexicon.Group("phone"), Negative = CueLexicon.Group("neg");

    // ITU-T E.164: codes of one digit, of two, and the rest, which have three.
    private static readonly HashSet<int> TwoDigits =
    [
        20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
    ];

    public string Name => "phone";

    public void Find(Scan scan)
    {
        var view = scan.View;
        var tokens = scan.Tokens;
        Span<int> groups = stackalloc int[GroupsMax];
        Span<byte> digits = stackalloc byte[DigitsMax + 4];
        var (next, near) = (0, new NearCues());
        foreach (var k in scan.Digits)
        {
            if (k < next || !tokens[k].IsNumber || tokens[k].Length > DigitsMax || !Begins(view, tokens, k) || (BeginsPairs(view, tokens, k) && !near.Any(scan, k)))
            {
                continue;
            }
            var (count, length) = Collect(view, tokens[k..], groups, digits);
            if (length < DigitsMin)
            {
                next = k + 1;
                continue;
            }
            var best = 0;
            // Words in front, and those behind any of the ends that it may have: where none of them speaks of telephones, nothing is asked again.
            var (before, behind) = (scan.Before(k), scan.After(k, count + CuesBehind).Has(Phone));
            var pairs = !before.Has(Phone) && !behind && BeginsPairs(view, tokens, k);
            for (var taken = pairs ? 0 : count; taken > 0 && best == 0; taken--)
            {
                var all = Sum(groups[..taken]);
                if (all is >= DigitsMin and <= DigitsMax && Score(scan, k, taken, groups[..taken], digits[..all], before, behind) is var score and >= 0.5f)
                {
                    var start = Start(view, tokens[k].Start);
                    scan.Add(EntityTypes.Phone, start, Extension(scan, k + taken - 1), score, "phone");
                    best = taken;
                }
            }
            next = k + Math.Max(1, best);
        }
    }

    // 12 34 56 in the open: no country's national numbers begin with two digits that are no zero, but for 12 34 567 89 01.
    private static bool BeginsPairs(ReadOnlySpan<byte> view, ReadOnlySpan<Token> tokens, int at) => tokens[at] is { Length: 2, Start: var start } && view[start] != '0'
        && !(at + 2 < tokens.Length && tokens[at + 2].Length == 3) && Bytes.At(view, start - 1) is not ((byte)'+' or (byte)'(') && Bytes.At(view, start - 2) != '+';

    // Not in the middle of a word, of a decimal, of a longer number.
    private static bool Begins(ReadOnlySpan<byte> view, ReadOnlySpan<Token> tokens, int at)
    {
        var start = tokens[at].Start;
        return !(Bytes.At(view, start - 1) is (byte)'.' or (byte)',' or (byte)'/' or (byte)'_' or (byte)'$' && start > 1 && Bytes.IsWord(view[start - 2]))
            && !(Bytes.At(view, start - 1) == '-' && start > 1 && Bytes.IsWord(view[start - 2]))
            && Bytes.At(view, start - 1) is not ((byte)'#' or (byte)'$' or (byte)'@');
    }

    private static (int Groups, int Digits) Collect(ReadOnlySpan<byte> view, ReadOnlySpan<Token> tokens, Span<int> groups, Span<byte> digits)
    {
        var (count, length, single) = (0, 0, 0);
        for (var k = 0; k < Math.Min(tokens.Length, GroupsMax); k++)
        {
            var size = tokens[k].IsNumber ? tokens[k].Length : k > 0 ? BeforeExtension(view[tokens[k].Start..tokens[k].End]) : 0;
            if (size == 0 || length + size > DigitsMax || (k > 0 && !Joins(view[tokens[k - 1].End..tokens[k].Start], tokens[k])))
            {
                break;
            }
            view.Slice(tokens[k].Start, size).CopyTo(digits[length..]);
            length += size;
            groups[count++] = size;
            single += size == 1 ? 1 : 0;
            if (single > SinglesMax)
            {
                break; // a list of small numbers
            }
            if (size < tokens[k].Length)
            {
                break;
            }
        }
        return (count, length);
    }

    // 3560x4587
    private static int BeforeExtension(ReadOnlySpan<byte> word) =>
        word.IndexOf((byte)'x') is var x and > 0 && Checks.Digits.Number(word[..x]) >= 0 && x < word.Length - 1 && Checks.Digits.Number(word[(x + 1)..]) >= 0 ? x : 0;

    private static bool Joins(ReadOnlySpan<byte> between, Token after) => after.Has(Kinds.LineBefore) ? LineBreaks.Is(between) : between.Length switch
    {
        1 => between[0] is (byte)' ' or (byte)'-' or (byte)'.' or (byte)'/' or (byte)')' or (byte)'(' or (byte)'_' or (byte)'*',
        2 => between is [(byte)')', (byte)' '] or [(byte)')', (byte)'-'] or [(byte)' ', (byte)'('] or [(byte)'-', (byte)'('] or [(byte)')', (byte)'('] or [(byte)')', (byte)'.'] or [(byte)' ', (byte)'/'] or [(byte)' ', (byte)' ']
            or [(byte)' ', (byte)'-'] or [(byte)'-', (byte)' '] or [(byte)'/', (byte)' '],
        3 => between is [(byte)' ', (byte)'-', (byte)' '] or [(byte)' ', (byte)'/', (byte)' '] or [(byte)')', (byte)' ', (byte)'('],
        _ => false,
    };

    private static int Sum(ReadOnlySpan<int> groups)
    {
        var sum = 0;
        foreach (var g in groups)
        {
            sum += g;
        }
        return sum;
    }

    private static int Start(ReadOnlySpan<byte> view, int start)
    {
        start -= Bytes.At(view, start - 1) == '(' ? 1 : 0;
        return start - (Bytes.At(view, start - 1) == '+' ? 1 : Bytes.At(view, start - 2) == '+' && view[start - 1] == ' ' ? 2 : 0);
    }

    private static float Score(Scan scan, int first, int taken, ReadOnlySpan<int> groups, ReadOnlySpan<byte> digits, CueSet before, bool behind)
    {
        var view = scan.View;
        var (start, end) = (scan.Tokens[first].Start, scan.Tokens[first + taken - 1].End);
        var plus = Bytes.At(view, Start(view, start)) == '+';
        if (!plus && Bytes.At(view, end) is (byte)'.' or (byte)',' or (byte)':' or (byte)'-' && Bytes.IsDigit(Bytes.At(view, end + 1)))
        {
            return 0; // the whole part of a decimal, a part of a longer number
        }
        var bracket = Bytes.At(view, start - 1) == '(' && Bytes.At(view, scan.Tokens[first].End) == ')';
        if (plus && International(digits))
        {
            return 0.9f;
        }
        if (groups.Length > 2 && groups[^1] == 1)
        {
            return 0; // 7664-93-9 is a substance
        }
        var shape = National(view, scan.Tokens.Slice(first, taken), groups, digits, bracket);
        shape += shape >= 0.3f && first == 0 && taken == scan.TokenCount ? 0.2f : 0; // a field's value
        if (before.Has(Phone) || (behind && scan.After(first + taken - 1, CuesBehind).Has(Phone)))
        {
            return groups.Length == 1 && digits.Length < 7 && !before.Has(Phone) ? 0 : IsDate(groups, digits) ? 0.2f : Math.Max(0.75f, shape);
        }
        return before.Has(Negative) ? shape - 0.3f : shape;
    }

    private static bool International(ReadOnlySpan<byte> digits)
    {
        var code = digits[0] is (byte)'1' or (byte)'7' ? 1 : TwoDigits.Contains(((digits[0] - '0') * 10) + digits[1] - '0') ? 2 : 3;
        return digits[0] != '0' && digits.Length - code is >= 6 and <= 12;
    }

    // The groups that people of a country write; where two countries collide the surer wins.
    private static float National(ReadOnlySpan<byte> view, ReadOnlySpan<Token> tokens, ReadOnlySpan<int> g, ReadOnlySpan<byte> d, bool bracket)
    {
        if (d[0] == '0' && d[1] == '0')
        {
            return d.Length >= 10 && International(d[2..]) ? 0.7f : 0;
        }
        if (bracket)
        {
            return d.Length is >= 7 and <= 12 && g[0] is >= 2 and <= 5 ? 0.65f : 0;
        }
        var ten = d.Length == 11 && d[0] == '1' && g.Length > 1 ? d[1..] : d;
        var last = g[^1];
        if (ten.Length == 10 && last == 4 && g.Length >= 3 && g[^2] == 3 && g[^3] == 3)
        {
            return 0.6f; // 202-555-0143
        }
        if (d.Length == 11 && d[0] == '1' && g is [1, 3, 3, 4])
        {
            return 0.7f;
        }
        return d[0] switch
        {
            (byte)'0' => Trunk(g, d),
            _ when g.Length >= 4 && g[^1] == 2 && g[^2] == 2 && g[^3] == 3 && d.Length is 10 or 11 => 0.55f, // 532 123 45 67
            (byte)'3' when d.Length is 9 or 10 && d[1] != '0' => g.Length == 1 ? (d.Length == 10 ? 0.5f : 0.2f) : g[0] is 3 or 6 ? 0.6f : 0.2f,
            >= (byte)'6' and <= (byte)'9' when d.Length == 9 && g is [3, 3, 3] or [3, 2, 2, 2] => 0.5f,
            >= (byte)'2' and <= (byte)'9' when g is [3, 4] && view[tokens[0].End] == '-' => 0.5f, // 555-0143
            _ => 0,
        };
    }

    // Numbers that begin with the trunk's zero.
    private static float Trunk(ReadOnlySpan<int> g, ReadOnlySpan<byte> d) => (g.Length, d.Length) switch
    {
        (1, 11) when d[1] is (byte)'5' or (byte)'7' or (byte)'9' => 0.5f,
        (1, 10 or 11) => d[1] != '0' ? 0.45f : 0.1f,
        (5, 11) when g is [1, 3, 3, 2, 2] => 0.6f,
        ( >= 2, 10 or 11) when g[0] is >= 2 and <= 5 => 0.6f,
        ( >= 2, 8 or 9 or 12) when g[0] is >= 2 and <= 4 && g[^1] >= 2 => 0.5f,
        _ => 0.1f,
    };

    private static bool IsDate(ReadOnlySpan<int> g, ReadOnlySpan<byte> d) => (g is [2, 2, 4] && Checks.Digits.IsDay(d[2..4], d[..2])) || (g is [4, 2, 2] && Checks.Digits.IsDay(d[4..6], d[6..8]));

    // x123, ext. 123, int. 4
    private static int Extension(Scan scan, int last)
    {
        var view = scan.View;
        var tokens = scan.Tokens;
        var end = tokens[last].End;
        if (last + 1 >= tokens.Length)
        {
            return end;
        }
        var next = tokens[last + 1];
        var gap = next.Start - end;
        if (gap <= 1 && next.Length is >= 2 and <= 7 && (view[next.Start] | 0x20) == 'x' && Checks.Digits.Number(view[(next.Start + 1)..next.End]) >= 0)
        {
            return next.End;
        }
        return gap <= 2 && last + 2 < tokens.Length && tokens[last + 2] is { IsNumber: true, Length: <= 6 } number && number.Start - next.End <= 2
            && (Bytes.StandsAt(view, next.Start, "ext"u8) || Bytes.StandsAt(view, next.Start, "int"u8) || (next.Length == 1 && (view[next.Start] | 0x20) == 'x')) ? number.End : end;
    }
}
