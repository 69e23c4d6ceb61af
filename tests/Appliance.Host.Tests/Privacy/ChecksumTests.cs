using System.Globalization;
using System.Text;
using Appliance.Domain.Privacy.Checks;
using Appliance.Domain.Privacy.Codes;

namespace Appliance.Tests.Privacy;

/// <summary>Every check of the table: codes that hold, then every single digit changed and every two neighbours swapped.</summary>
public sealed class ChecksumTests
{
    private const int Codes = 60;
    private const int TriesMax = 2_000_000;

    // Checks of a form, a date or an area: no sum, so a change may hold. What a sum lets through by its own rule is in the second table.
    private static readonly HashSet<string> Forms =
    [
        "us-ssn", "us-ssn-shape", "us-itin", "us-ein", "us-mbi", "dk-cpr", "in-pan", "kr-rrn", "kr-dl", "tr-plate", "nz-ird", "date6", "it-cf-shape", "in-gstin-shape", "de-plz", "de-elster", "uk-nino", "uk-dl", "uk-postcode", "uk-plate",
    ];

    // The checks of which nobody may change one digit unseen: their rule promises it.
    private static readonly HashSet<string> Perfect = ["luhn", "card", "it-piva", "ca-sin", "us-npi", "imei", "verhoeff", "iban", "nhs", "bsn", "au-abn", "es-nif", "mod11-10", "pesel", "aba", "mrz731"];

    public static TheoryData<string> Names() => [.. CheckTable.Names.Where(n => !Forms.Contains(n))];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_changed_digit_and_swapped_neighbours_fail(string name)
    {
        var check = CheckTable.For(name)!;
        var codes = Valid(name, check);
        codes.Should().NotBeEmpty("or the check holds for nothing");
        var (changes, changed, swaps, swapped) = (0, 0, 0, 0);
        foreach (var code in codes)
        {
            for (var k = 0; k < code.Length; k++)
            {
                for (var digit = (byte)'0'; char.IsAsciiDigit((char)code[k]) && digit <= '9'; digit++)
                {
                    var other = (byte[])code.Clone();
                    other[k] = digit;
                    changes += digit == code[k] ? 0 : 1;
                    changed += digit != code[k] && check(other) ? 1 : 0;
                }
                if (k + 1 < code.Length && code[k] != code[k + 1] && char.IsAsciiDigit((char)code[k]) && char.IsAsciiDigit((char)code[k + 1]))
                {
                    var other = (byte[])code.Clone();
                    (other[k], other[k + 1]) = (code[k + 1], code[k]);
                    swaps++;
                    swapped += check(other) ? 1 : 0;
                }
            }
        }
        if (Perfect.Contains(name))
        {
            changed.Should().Be(0);
        }
        // What each rule lets through by its nature is written down and reviewed: 3-7-1 does not see digits swapped that differ by five.
        var line = string.Create(CultureInfo.InvariantCulture, $"{name}\tchanges {(double)changed / changes:P1}\tswaps {(double)swapped / Math.Max(1, swaps):P1}");
        Golden.Line("privacy/checks.tsv", name, line);
    }

    // Codes of the shapes that the table gives this check, drawn until the check holds.
    private static List<byte[]> Valid(string name, Check check)
    {
        var chance = new Random(5);
        var shapes = Domain.Privacy.Tables.Table.Lines("codes.tsv").Select(l => l.Split('\t')).Where(f => f[2] == name).SelectMany(f => f[4].Split('|')).SelectMany(CodeShape.Read).Select(s => s.Mask).Distinct().ToArray();
        shapes = name switch
        {
            "iban" => ["ITdd" + "A" + new string('d', 22), "DEdd" + new string('d', 18)],
            "uk-nhs" or "nhs" => ["dddddddddd"],
            _ when shapes.Length > 0 => shapes,
            _ => [.. Enumerable.Range(7, 8).Select(n => new string('d', n))],
        };
        var found = new List<byte[]>();
        for (var tries = 0; tries < TriesMax && found.Count < Codes; tries++)
        {
            var code = Encoding.ASCII.GetBytes(string.Concat(shapes[chance.Next(shapes.Length)].Select(m => m switch
            {
                'd' => (char)('0' + chance.Next(10)),
                'a' => (char)('A' + chance.Next(26)),
                'x' => chance.Next(2) == 0 ? (char)('0' + chance.Next(10)) : (char)('A' + chance.Next(26)),
                _ => m,
            })));
            if (check(code))
            {
                found.Add(code);
            }
        }
        return found;
    }
}
