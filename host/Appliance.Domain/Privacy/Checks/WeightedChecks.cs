using System.Globalization;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Checks;

/// <summary>Check digits that are a weighted sum of the other digits modulo something: one line each in <c>Tables/checks.tsv</c>.</summary>
internal static class WeightedChecks
{
    /// <param name="Weights">Of the digits before the check digit; letters count as 10 to 35.</param>
    /// <param name="Complement">The check digit fills the sum up to the modulus.</param>
    /// <param name="Ten">What ten or more is written as; -1 where no number has it.</param>
    private sealed record Rule(int[] Weights, int Modulus, bool Complement, int Ten, int Offset);

    /// <summary>Every check of the table by name.</summary>
    internal static IEnumerable<(string Name, Check Check)> All()
    {
        foreach (var line in Table.Lines("checks.tsv"))
        {
            var f = line.Split('\t');
            int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
            var rule = new Rule([.. f[1].Split(',').Select(Number)], Number(f[2]), f[3] == "fill", Number(f[4]), Number(f[5]));
            yield return (f[0], code => Holds(rule, code));
        }
    }

    private static bool Holds(Rule rule, ReadOnlySpan<byte> code)
    {
        if (code.Length != rule.Weights.Length + 1)
        {
            return false;
        }
        var sum = rule.Offset;
        for (var k = 0; k < rule.Weights.Length; k++)
        {
            sum += rule.Weights[k] * Value(code[k]);
        }
        var rest = sum % rule.Modulus;
        var check = rule.Complement ? (rule.Modulus - rest) % rule.Modulus : rest;
        return (check < 10 ? check : rule.Ten) == Value(code[^1]);
    }

    private static int Value(byte character) => character <= '9' ? character - '0' : character - 'A' + 10;
}

/// <summary>Whether a code, without separators and in capitals, is one of its kind.</summary>
internal delegate bool Check(ReadOnlySpan<byte> code);
