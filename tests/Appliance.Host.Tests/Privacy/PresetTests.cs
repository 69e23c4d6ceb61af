using Appliance.Domain.Policies;
using Appliance.Domain.Privacy;
using Appliance.Domain.Privacy.Site;
using Appliance.Domain.Privacy.Operations;

namespace Appliance.Tests.Privacy;

/// <summary>The presets that come along, each with its cases.</summary>
public sealed class PresetTests
{
    private static readonly Redactor Redactor = new(new Detector(TimeProvider.System, TimeSpan.FromSeconds(5)), new RedactionKeys(new byte[32]));

    public static TheoryData<string, string, string> Cases()
    {
        var cases = new TheoryData<string, string, string>();
        foreach (var file in Directory.GetFiles(Repository.File("policies", "presets", "cases"), "*.tsv").Order(StringComparer.Ordinal))
        {
            foreach (var line in File.ReadLines(file).Where(l => l.Length > 0 && l[0] != '#'))
            {
                cases.Add(Path.GetFileNameWithoutExtension(file), line.Split('\t')[0], line.Split('\t')[1]);
            }
        }
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_preset_does_what_its_cases_say(string preset, string text, string expected) =>
        Redactor.Redact(new Sensitive<string>(text), Read(preset), Redactor.Numbering()).Text.Should().Be(expected);

    [Theory]
    [InlineData("gdpr")]
    [InlineData("hipaa")]
    [InlineData("pci")]
    public void A_preset_names_every_kind(string preset) => Read(preset).Operators.Keys.Should().BeEquivalentTo(EntityTypes.All);

    [Fact]
    public void An_unknown_kind_or_operator_is_an_error_with_its_line()
    {
        RedactionPreset.Read("redaction:\n  PERSON: replace\n  PERSONN: keep\n").Errors.Should().ContainSingle().Which.Should().Contain("PERSONN").And.Contain("3");
        RedactionPreset.Read("redaction:\n  PERSON: hide\n").Errors.Should().ContainSingle().Which.Should().Contain("hide");
    }

    private static RedactionPolicy Read(string preset)
    {
        var (policy, errors) = RedactionPreset.Read(File.ReadAllText(Repository.File("policies", "presets", preset + ".yaml")));
        errors.Should().BeEmpty();
        return policy!;
    }
}
