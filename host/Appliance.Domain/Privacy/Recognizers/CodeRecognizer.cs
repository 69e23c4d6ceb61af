using Appliance.Domain.Privacy.Checks;
using Appliance.Domain.Privacy.Codes;
using Appliance.Domain.Privacy.Cues;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Codes of fixed shape: national numbers, documents, cards, plates. One parse of a run of groups feeds all rules of its length.</summary>
/// <remarks>Between groups one blank, dash, dot or slash, or one line break, may stand; <see cref="WrappedRecognizer"/> knows breaks inside a group. Time is linear: a run has at most 34 characters and 10 groups.</remarks>
internal sealed class CodeRecognizer : IRecognizer
{
    private const int CharactersMax = 34, GroupsMax = 12, LettersMax = 6, WordsBefore = 3, BankLength = 8;
    private const float Cued = 0.45f, CueAdds = 0.4f, AloneAdds = 0.2f, AloneAndRightAdds = 0.4f, InsideTakes = 0.35f;

    private static readonly CueSet FiscalCode = CueLexicon.Group("it-cf"), BankCue = CueLexicon.Group("bic");

    public string Name => "codes";

    public void Find(Scan scan)
    {
        Span<byte> code = stackalloc byte[CharactersMax];
        Span<byte> separators = stackalloc byte[CharactersMax];
        Span<int> ends = stackalloc int[GroupsMax]; // characters up to the end of each group
        var tokens = scan.Tokens;
        var lone = tokens.Length <= GroupsMax && scan.View.Length <= 2 * CharactersMax; // perhaps nothing but a code
        var (next, near) = (0, new NearCues());
        foreach (var digit in scan.Digits)
        {
            // A code begins at a token with a digit, or at up to three short words before it.
            for (var first = Math.Max(next, digit - WordsBefore); first <= digit; first++)
            {
                next = Math.Max(next, first + 1);
                if (!Begins(scan, tokens, first, lone))
                {
                    continue;
                }
                var table = tokens.Length <= GroupsMax || near.Any(scan, first) ? CodeRule.Table : CodeRule.Sure;
                next = Math.Max(next, At(scan, first, table, lone, code, separators, ends));
                first = Math.Max(first, next - 1);
            }
        }
        Lettered(scan);
        BankCodes(scan);
    }

    // COBADEFFXXX: a code without a digit, which only a word makes one.
    private static void BankCodes(Scan scan)
    {
        foreach (var k in scan.Capitals)
        {
            var token = scan.Tokens[k];
            if (token.Length is BankLength or BankLength + 3 && !token.Has(Kinds.Digit | Kinds.Lower | Kinds.High) && scan.Before(k, WordsBefore).Has(BankCue))
            {
                scan.Add("BIC", token.Start, token.End, 0.8f, "shape+cue");
            }
        }
    }

    // A fiscal code whose digits are all written as letters, since other people had the codes before it.
    private static void Lettered(Scan scan)
    {
        Span<byte> code = stackalloc byte[ItalianCodes.FiscalCodeLength];
        foreach (var k in scan.Marks)
        {
            var token = scan.Tokens[k];
            if (token.Length != ItalianCodes.FiscalCodeLength || token.Has(Kinds.Digit | Kinds.High) || (token.Has(Kinds.Lower) && !scan.Around(k, k).Has(FiscalCode)))
            {
                continue;
            }
            for (var c = 0; c < code.Length; c++)
            {
                code[c] = Bytes.Capital(scan.View[token.Start + c]);
            }
            if (ItalianCodes.FiscalCode(code))
            {
                scan.Add(EntityTypes.FiscalCode, token.Start, token.End, 0.9f, "it-cf");
            }
        }
    }

    // Looks for the longest code that begins at a token; where it ends, or the next token.
    private static int At(Scan scan, int first, CodeTable table, bool lone, Span<byte> code, Span<byte> separators, Span<int> ends)
    {
        var tokens = scan.Tokens;
        var groups = Collect(scan.View, tokens[first..], table, lone, code, separators, ends);
        if (ends[groups - 1] < 2)
        {
            return first + 1;
        }
        var (beginning, places, cues) = (CodeTable.Beginning(code[0], code[1]), 0UL, new Surroundings(first, groups));
        var digits = Bytes.IsDigit(code[0]) ? 1UL : 0;
        for (var k = 1; k < ends[groups - 1]; k++)
        {
            places |= separators[k] == 0 ? 0 : 1UL << k;
            digits |= Bytes.IsDigit(code[k]) ? 1UL << k : 0;
        }
        for (var count = groups; count > 0; count--)
        {
            var length = ends[count - 1];
            var these = places & ((1UL << length) - 1);
            var rules = table.For(beginning, length);
            if (rules.Length > 0 && (these & ~table.Allowed(beginning, length)) == 0
                && Best(scan, first, count, rules, ref cues, code[..length], digits, separators, these) is { } best)
            {
                scan.Add(best.Type, tokens[first].Start, tokens[first + count - 1].End, best.Score, best.Why);
                return first + count;
            }
        }
        return first + 1;
    }

    private static bool Begins(Scan scan, ReadOnlySpan<Token> tokens, int at, bool lone)
    {
        var token = tokens[at];
        if (token.Has(Kinds.High) || token.Length > CharactersMax || (token.Length == 1 && SpelledRecognizer.IsSpelled(tokens, at)))
        {
            return false;
        }
        // A word begins a code only if it is short, in capitals, and a digit follows at once.
        return token.Has(Kinds.Digit) || (token.Length <= LettersMax && (lone || !token.Has(Kinds.Lower)) && FollowedByDigit(scan.View, tokens, at, lone));
    }

    private static bool FollowedByDigit(ReadOnlySpan<byte> view, ReadOnlySpan<Token> tokens, int at, bool lone)
    {
        for (var k = at + 1; k < Math.Min(tokens.Length, at + 4); k++)
        {
            if (Separator(view, tokens[k - 1], tokens[k]) == 0 || tokens[k].Has(Kinds.High) || (!lone && tokens[k].Has(Kinds.Lower)))
            {
                return false;
            }
            if (tokens[k].Has(Kinds.Digit))
            {
                return true;
            }
        }
        return false;
    }

    // The groups that may belong together, in capitals and without what separates them.
    private static int Collect(ReadOnlySpan<byte> view, ReadOnlySpan<Token> tokens, CodeTable table, bool lone, Span<byte> code, Span<byte> separators, Span<int> ends)
    {
        var (groups, length, beginning, firstEnd, secondEnd) = (0, 0, 0, 0, 0);
        for (var k = 0; k < Math.Min(tokens.Length, GroupsMax); k++)
        {
            // No code has a separator here, after those before it.
            if (k > 0 && length > 1 && (table.Next(beginning, firstEnd, secondEnd) >> length & 1) == 0)
            {
                break;
            }
            var token = tokens[k];
            var separator = k == 0 ? (byte)0 : Separator(view, tokens[k - 1], token);
            if ((k > 0 && separator == 0) || token.Has(Kinds.High) || length + token.Length > CharactersMax
                || (k > 0 && !token.Has(Kinds.Digit) && (token.Length > LettersMax || (!lone && token.Has(Kinds.Lower)))))
            {
                break;
            }
            for (var c = token.Start; c < token.End; c++)
            {
                separators[length] = c == token.Start ? separator : (byte)0;
                code[length++] = Bytes.Capital(view[c]);
            }
            ends[groups++] = length;
            beginning = length > 1 ? CodeTable.Beginning(code[0], code[1]) : 0;
            (firstEnd, secondEnd) = k == 0 ? (length, 0) : (firstEnd, k == 1 ? length : secondEnd);
        }
        return groups;
    }

    /// <summary>What separates two groups of a code; 0 where they do not belong together.</summary>
    internal static byte Separator(ReadOnlySpan<byte> view, Token before, Token after)
    {
        var between = view[before.End..after.Start];
        if (after.Has(Kinds.LineBefore))
        {
            return LineBreaks.Is(between) ? (byte)' ' : (byte)0;
        }
        return between.Length switch
        {
            1 => between[0] switch
            {
                (byte)' ' or (byte)'-' or (byte)'.' or (byte)'/' or (byte)':' or (byte)'_' => between[0],
                (byte)'+' => (byte)' ', // a blank in the body of a form
                _ => 0,
            },
            2 => between is [(byte)' ', (byte)' '] or [(byte)' ', (byte)'-'] or [(byte)'-', (byte)' '] ? (byte)' ' : (byte)0,
            3 => between is [(byte)' ', (byte)'-', (byte)' '] ? (byte)'-' : (byte)0,
            _ => 0,
        };
    }

    private static (string Type, float Score, string Why)? Best(
        Scan scan, int first, int count, ReadOnlySpan<CodeRule> rules, ref Surroundings cues, ReadOnlySpan<byte> code, ulong digits, ReadOnlySpan<byte> separators, ulong places)
    {
        (string Type, float Score, string Why)? best = null;
        var (around, looked, inside) = (scan.Label, false, false);
        var alone = first == 0 && count == scan.TokenCount; // a field's value: there are no words to ask
        foreach (var rule in rules)
        {
            if (!rule.Shape.Fits(code, digits, separators, places) || (best is { Score: var score } && score >= rule.Score + CueAdds))
            {
                continue;
            }
            // Whatever the words say, these must be right; a check that fails saves the look at them.
            var proven = rule.Score - InsideTakes >= CodeRule.Threshold;
            if (proven && rule.Check is { } must && !must(code))
            {
                continue;
            }
            if (!looked)
            {
                (around, looked, inside) = (cues.Of(scan, count), true, InsideNumber(scan, first, count));
            }
            // What is not sure enough needs no check; that is most, where no word announces anything.
            var cued = around.Has(rule.Cues);
            var sure = inside ? rule.Score - InsideTakes : rule.Score;
            sure = cued ? Math.Min(1, Math.Max(sure, Cued) + CueAdds) : sure;
            sure += !alone || cued || scan.Label != default ? 0 : rule.Check is null ? AloneAdds : rule.IsShape ? 0 : AloneAndRightAdds;
            if (sure < CodeRule.Threshold || (best is not null && sure <= best.Value.Score) || (rule.Cased && !alone && !cued && Lowered(scan, first, count)))
            {
                continue;
            }
            // One digit again and again satisfies half of the checks, and names nobody.
            if (rule.Check is not { } check || ((cued || !Digits.AllSame(code)) && (proven || check(code))))
            {
                best = (rule.Type, sure, cued ? rule.WhyCued : rule.Why);
            }
        }
        return best is { Score: > 1 } most ? most with { Score = 1 } : best;
    }

    // What the words around a code say: those behind are asked for each of its possible ends only where any of them says something.
    private struct Surroundings(int first, int groups)
    {
        private const int Behind = 4;
        private CueSet _before, _any;
        private bool _looked;

        internal CueSet Of(Scan scan, int count)
        {
            if (!_looked)
            {
                (_before, _any, _looked) = (scan.Before(first), scan.After(first, groups + Behind), true);
            }
            return _any == default ? _before : _before | scan.After(first + count - 1, Behind);
        }
    }

    private static bool Lowered(Scan scan, int first, int count)
    {
        foreach (var token in scan.Tokens.Slice(first, count))
        {
            if (token.Has(Kinds.Lower))
            {
                return true;
            }
        }
        return false;
    }

    // 1.234.567,89 and 12-34-56-78: more digits touch it on either side.
    private static bool InsideNumber(Scan scan, int first, int count)
    {
        var view = scan.View;
        var (start, end) = (scan.Tokens[first].Start, scan.Tokens[first + count - 1].End);
        return (start > 1 && view[start - 1] is (byte)'.' or (byte)',' or (byte)'-' or (byte)'/' && start > 1 && char.IsAsciiLetterOrDigit((char)view[start - 2]))
            || (end < view.Length - 1 && view[end] is (byte)'.' or (byte)',' or (byte)'-' or (byte)'/' or (byte)':' && end < view.Length - 1 && char.IsAsciiDigit((char)view[end + 1]));
    }
}
