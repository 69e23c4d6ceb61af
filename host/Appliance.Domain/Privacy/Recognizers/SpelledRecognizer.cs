using Appliance.Domain.Privacy.Codes;
using Appliance.Domain.Privacy.Cues;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Codes with a blank behind every character, as forms with a box for each leave them: <c>R S S M R A 8 5 T 1 0 A 5 6 2 S</c>. Only what a checksum proves; digits alone need a word beside them too. Telephone numbers have no checksum: there the word decides.</summary>
internal sealed class SpelledRecognizer : IRecognizer
{
    private const int LengthMin = 9, CuesBehind = 4;
    private const int PhoneMax = 13;
    private const float Proven = 0.9f, Cued = 0.75f;
    private static readonly CueSet Phone = CueLexicon.Group("phone");

    public string Name => "spelled";

    public void Find(Scan scan)
    {
        var tokens = scan.Tokens;
        var next = 0;
        foreach (var digit in scan.Digits)
        {
            if (digit < next || tokens[digit].Length != 1)
            {
                continue;
            }
            // The whole run, from the letters before its first digit on.
            var (first, last) = (digit, digit);
            while (first > next && Joins(tokens, first))
            {
                first--;
            }
            while (last + 1 < tokens.Length && Joins(tokens, last + 1))
            {
                last++;
            }
            next = last + 1;
            if (last - first + 1 is < LengthMin or > CodeTable.LengthMax)
            {
                continue;
            }
            if (Of(scan, first, last) is { } rule)
            {
                scan.Add(rule.Type, tokens[first].Start, tokens[last].End, Proven, rule.Why);
            }
            else if (first == digit && last - first < PhoneMax && scan.Before(first).Has(Phone) && AreNumbers(tokens[first..(last + 1)]))
            {
                scan.Add(EntityTypes.Phone, tokens[first].Start, tokens[last].End, Cued, "phone");
            }
        }
    }

    /// <summary>Whether four characters begin here that stand apart: then they are read by this recognizer alone.</summary>
    internal static bool IsSpelled(ReadOnlySpan<Token> tokens, int first) =>
        first + 3 < tokens.Length && Joins(tokens, first + 1) && Joins(tokens, first + 2) && Joins(tokens, first + 3);

    private static bool AreNumbers(ReadOnlySpan<Token> tokens)
    {
        foreach (var token in tokens)
        {
            if (!token.IsNumber)
            {
                return false;
            }
        }
        return true;
    }

    private static bool Joins(ReadOnlySpan<Token> tokens, int k) =>
        tokens[k].Length == 1 && tokens[k - 1].Length == 1 && tokens[k].IsOneBlankBehind(tokens[k - 1]);

    private static CodeRule? Of(Scan scan, int first, int last)
    {
        var length = last - first + 1;
        Span<byte> code = stackalloc byte[CodeTable.LengthMax], separators = stackalloc byte[CodeTable.LengthMax];
        separators.Clear();
        var digits = 0UL;
        for (var k = 0; k < length; k++)
        {
            var c = scan.View[scan.Tokens[first + k].Start];
            code[k] = Bytes.Capital(c);
            digits |= Bytes.IsDigit(c) ? 1UL << k : 0;
        }
        code = code[..length];
        var onlyDigits = digits == (1UL << length) - 1;
        var around = scan.Before(first) | scan.After(last, CuesBehind);
        foreach (var rule in CodeRule.Table.For(CodeTable.Beginning(code[0], code[1]), length))
        {
            if (rule.Check is { } check && rule.Shape.Fits(code, digits, separators, 0) && (around.Has(rule.Cues) || (!onlyDigits && rule.Score >= CodeRule.Threshold)) && check(code))
            {
                return rule;
            }
        }
        return null;
    }
}
