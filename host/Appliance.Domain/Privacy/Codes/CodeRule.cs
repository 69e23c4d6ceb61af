using System.Globalization;
using Appliance.Domain.Privacy.Checks;
using Appliance.Domain.Privacy.Cues;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Codes;

/// <summary>One line of <c>Tables/codes.tsv</c>: a kind of code, how it is written, what proves it.</summary>
/// <param name="Score">By itself, 0 to 1; below 0.5 it needs a word beside it.</param>
/// <param name="Cues">Words that announce it.</param>
/// <param name="Why">The name of the check, for the explanation.</param>
/// <param name="Cased">In small letters only with a word beside it.</param>
internal sealed record CodeRule(string Type, float Score, Check? Check, CueSet Cues, CodeShape Shape, string Why, bool Cased)
{
    private const int LengthMax = 34;
    private static readonly Lazy<CodeRule[][]> ByLength = new(Load);
    private static readonly Lazy<ulong[]> AllowedByLength = new(() => [.. ByLength.Value.Select(rules => rules.Aggregate(0UL, (all, r) => all | r.Shape.Allowed))]);

    /// <summary>The rules for codes of this length that begin with a digit (0) or a letter (1).</summary>
    internal static CodeRule[] For(int length, bool letterFirst) => length <= LengthMax ? ByLength.Value[(length * 2) + (letterFirst ? 1 : 0)] : [];

    /// <summary>Where any of the rules for such codes allows a separator, as bits.</summary>
    internal static ulong AllowedFor(int length, bool letterFirst) => length <= LengthMax ? AllowedByLength.Value[(length * 2) + (letterFirst ? 1 : 0)] : 0;

    internal static IEnumerable<string> Types => Table.Lines("codes.tsv").Select(l => l.Split('\t')[0]).Distinct();

    private static CodeRule[][] Load()
    {
        var all = Enumerable.Range(0, (LengthMax + 1) * 2).Select(_ => new List<CodeRule>()).ToArray();
        foreach (var line in Table.Lines("codes.tsv"))
        {
            var f = line.Split('\t');
            foreach (var shape in f[4].Split('|').SelectMany(CodeShape.Read))
            {
                var rule = new CodeRule(
                    f[0], float.Parse(f[1], CultureInfo.InvariantCulture), CheckTable.For(f[2]), CueLexicon.Group(f[3]), shape,
                    f[2] == "-" ? "shape" : f[2], f[2] == "-" && shape.Mask.Contains('a', StringComparison.Ordinal));
                if (shape.Mask[0] is not (>= 'A' and <= 'Z' or 'a'))
                {
                    all[shape.Mask.Length * 2].Add(rule);
                }
                if (shape.Mask[0] is (>= 'A' and <= 'Z') or 'a' or 'x')
                {
                    all[(shape.Mask.Length * 2) + 1].Add(rule);
                }
            }
        }
        return [.. all.Select(rules => rules.ToArray())];
    }
}
