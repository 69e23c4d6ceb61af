using System.Globalization;
using Appliance.Domain.Privacy.Checks;
using Appliance.Domain.Privacy.Cues;

namespace Appliance.Domain.Privacy.Codes;

/// <summary>One line of <c>Tables/codes.tsv</c>: a kind of code, how it is written, what proves it.</summary>
/// <param name="Score">By itself, 0 to 1; below <see cref="Threshold"/> it needs a word beside it.</param>
/// <param name="Cues">Words that announce it.</param>
/// <param name="Why">The name of the check, for the explanation.</param>
/// <param name="Cased">In small letters only with a word beside it.</param>
internal sealed record CodeRule(string Type, float Score, Check? Check, CueSet Cues, CodeShape Shape, string Why, bool Cased)
{
    /// <summary>The explanation where a word announces it.</summary>
    internal string WhyCued { get; } = Why + "+cue";

    /// <summary>Whether its check looks at the shape alone: that a code is wrong in its check digit is no proof of a person where no word announces it.</summary>
    internal bool IsShape { get; } = Why.EndsWith("-shape", StringComparison.Ordinal);

    /// <summary>From this score on a find counts.</summary>
    internal const float Threshold = 0.5f;

    private static readonly Lazy<CodeTable> Loaded = new(() => new CodeTable(Load())), LoadedSure = new(() => new CodeTable(Load().Where(r => r.Score >= Threshold)));

    internal static CodeTable Table => Loaded.Value;

    /// <summary>Those that need no word beside them.</summary>
    internal static CodeTable Sure => LoadedSure.Value;

    internal static IEnumerable<string> Types => Tables.Table.Lines("codes.tsv").Select(l => l.Split('\t')[0]).Distinct();

    private static IEnumerable<CodeRule> Load()
    {
        foreach (var line in Tables.Table.Lines("codes.tsv"))
        {
            var f = line.Split('\t');
            foreach (var shape in f[4].Split('|').SelectMany(CodeShape.Read))
            {
                yield return new CodeRule(
                    f[0], float.Parse(f[1], CultureInfo.InvariantCulture), CheckTable.For(f[2]), CueLexicon.Group(f[3]), shape,
                    f[2] == "-" ? "shape" : f[2], f[2] == "-" && shape.Mask.Contains('a', StringComparison.Ordinal));
            }
        }
    }
}
