using System.Globalization;
using System.Text;
using Appliance.Domain.Privacy;
using Appliance.Domain.Privacy.Checks;
using Appliance.Domain.Privacy.Codes;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Tests.Privacy;

/// <summary>Every line of the table of codes: found where it should be, and not where a digit is wrong or nobody announces it.</summary>
public sealed class CodeTableTests
{
    private const int TriesMax = 400_000;
    private static readonly Detector Detector = new(Detector.Structured, TimeProvider.System, TimeSpan.FromSeconds(10));
    private static readonly Dictionary<string, string[]> Cues = Table.Lines("cues.tsv").Select(l => l.Split('\t')).ToDictionary(f => f[0], f => f[1].Split(' '));

    public static TheoryData<string, string, string> Lines()
    {
        var lines = new TheoryData<string, string, string>();
        foreach (var line in Table.Lines("codes.tsv").Select(l => l.Split('\t')))
        {
            lines.Add(line[0], $"{line[1]} {line[2]} {line[3]}", line[4]);
        }
        return lines;
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_code_is_covered_where_a_word_announces_it_and_alone_only_if_it_is_sure(string type, string rule, string shapes)
    {
        var (score, check, cue) = (double.Parse(rule.Split(' ')[0], CultureInfo.InvariantCulture), rule.Split(' ')[1], rule.Split(' ')[2]);
        foreach (var written in shapes.Split('|'))
        {
            var value = Value(written, CheckTable.For(check));
            value.Should().NotBeNull($"{type} has a code of the shape {written}");

            var announced = $"il suo {Cues[cue][0]} {value} va bene";
            Covered(announced, value!).Should().BeTrue($"{type} in '{announced}'");
            if (score >= 0.5)
            {
                var plain = $"il suo foglio verde {value} va bene";
                Covered(plain, value!).Should().BeTrue($"{type} in '{plain}'");
            }
            else if (!Table.Lines("codes.tsv").Any(l => l.StartsWith(type + "\t.", StringComparison.Ordinal) && l.Split('\t')[1][1] >= '5'))
            {
                var found = Detector.Find(new Sensitive<string>($"abbiamo comprato {value} pezzi verdi"));
                found.Where(f => f.EntityType == type && f.Why is not "phone").Should().BeEmpty($"{type} is weak: {value} needs a word beside it");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_wrong_check_is_not_that_kind_unless_a_word_says_so(string type, string rule, string shapes)
    {
        var check = CheckTable.For(rule.Split(' ')[1]);
        if (check is null || shapes.Contains('*', StringComparison.Ordinal))
        {
            return; // no check to break; IBAN and codice fiscale have tests of their own
        }
        var broken = Value(shapes.Split('|')[0], c => !check(c));
        if (broken is not null)
        {
            Detector.Find(new Sensitive<string>($"abbiamo comprato {broken} pezzi verdi")).Where(f => f.EntityType == type && f.Why == rule.Split(' ')[1]).Should().BeEmpty(broken);
        }
    }

    private static bool Covered(string text, string value)
    {
        var (start, found) = (text.IndexOf(value, StringComparison.Ordinal), Detector.Find(new Sensitive<string>(text)));
        return Enumerable.Range(start, value.Length).All(at => !char.IsLetterOrDigit(text[at]) || found.Any(f => f.Start <= at && at < f.End));
    }

    // A code in the first shape that a cell stands for, with its separators, drawn until the check holds.
    private static string? Value(string written, Check? check)
    {
        var chance = new Random(3);
        var shape = CodeShape.Read(written).First();
        for (var tries = 0; tries < TriesMax; tries++)
        {
            var code = Encoding.ASCII.GetBytes(string.Concat(shape.Mask.Select(m => m switch
            {
                'd' => (char)('0' + chance.Next(10)),
                'a' => (char)('A' + chance.Next(26)),
                'x' => chance.Next(4) > 0 ? (char)('0' + chance.Next(10)) : (char)('A' + chance.Next(26)),
                _ => m,
            })));
            code = check == CheckTable.For("iban") ? "NO9386011117947"u8.ToArray() : written.StartsWith("*aaaaaa", StringComparison.Ordinal) ? (check == CheckTable.For("it-cf") ? "RSSMRA85T10A562S"u8 : "RSSMRA85T10A562T"u8).ToArray() : code;
            if (code.Any(c => char.IsAsciiDigit((char)c)) && (check is null || check(code)))
            {
                return string.Concat(code.Select((c, k) => $"{(k > 0 && shape.Separators[k] > CodeShape.MayBe ? (char)shape.Separators[k] : null)}{(char)c}"));
            }
        }
        return null;
    }
}
