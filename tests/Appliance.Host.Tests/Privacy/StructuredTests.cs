using Appliance.Domain.Privacy;
using Appliance.Domain.Privacy.Structured;

namespace Appliance.Tests.Privacy;

public sealed class StructuredTests
{
    private static readonly Dictionary<string, RedactionOperator> Pseudonymous = new() { ["PERSON"] = RedactionOperator.Pseudonymize };

    [Theory]
    [InlineData(TextFormat.Csv, "nome;cf;nota\nAnna Neri;RSSMRA85T10A562S;\"chiama; poi scrivi a a@b.it\"\n", "nome,cf,nota\n<PERSON_1>,<IT_FISCAL_CODE>,chiama; poi scrivi a <EMAIL_ADDRESS>\n")]
    [InlineData(TextFormat.Json, "{\"cf\":\"RSSMRA85T10A562S\",\"n\":7,\"list\":[\"a@b.it\",null,true]}", "{\"cf\":\"<IT_FISCAL_CODE>\",\"n\":7,\"list\":[\"<EMAIL_ADDRESS>\",null,true]}")]
    [InlineData(TextFormat.Jsonl, "{\"iban\":\"IT60X0542811101000000123456\"}\n{\"iban\":\"-\"}\n", "{\"iban\":\"<IBAN_CODE>\"}\n{\"iban\":\"-\"}\n")]
    [InlineData(TextFormat.Xml, "<c id=\"x\"><mail kind=\"a\">a@b.it</mail><n>12</n></c>", "<c id=\"x\"><mail kind=\"a\">&lt;EMAIL_ADDRESS&gt;</mail><n>12</n></c>")]
    public void Values_are_redacted_and_the_structure_stays(TextFormat format, string text, string expected) =>
        Table().Redact(new Sensitive<string>(text), format).Should().Be(expected);

    [Fact]
    public void A_header_or_a_key_is_the_word_beside_a_value()
    {
        Table().Redact(new Sensitive<string>("{\"ssn\":\"536904399\",\"order\":\"536904399\"}"), TextFormat.Json).Should().Be("{\"ssn\":\"<US_SSN>\",\"order\":\"536904399\"}");
        Table().Redact(new Sensitive<string>("passport_number,qty\nX1234567,3\n"), TextFormat.Csv).Should().NotContain("X1234567").And.Contain(",3");
    }

    [Fact]
    public void A_whole_column_goes_by_its_name_or_path()
    {
        var columns = new Dictionary<string, RedactionOperator> { ["note"] = RedactionOperator.Redact, ["$.a[].b"] = RedactionOperator.Mask };

        Table(columns).Redact(new Sensitive<string>("id,note\n7,anything at all\n"), TextFormat.Csv).Should().Be("id,note\n7,\n");
        Table(columns).Redact(new Sensitive<string>("{\"a\":[{\"b\":\"secret\"}]}"), TextFormat.Json).Should().Be("{\"a\":[{\"b\":\"****et\"}]}");
    }

    [Theory]
    [InlineData(TextFormat.Csv, "a,b\n1\n", "Row 2 has 1 fields instead of 2")]
    [InlineData(TextFormat.Csv, "a,b\n\"1,2\n", "never closes it")]
    [InlineData(TextFormat.Json, "{\"a\":", "is not JSON")]
    [InlineData(TextFormat.Xml, "<a><b></a>", "is not XML")]
    [InlineData(TextFormat.Xml, "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "is not XML")]
    public void What_is_not_what_it_is_said_to_be_is_refused_with_its_place(TextFormat format, string text, string expected) =>
        ((Action)(() => Table().Redact(new Sensitive<string>(text), format))).Should().Throw<FormatException>().Which.Message.Should().Contain(expected);

    [Fact]
    public void Rows_that_stand_alone_are_counted()
    {
        var csv = new Sensitive<string>("age,cap,illness\n40-49,201**,flu\n40-49,201**,cold\n50-59,201**,flu\n50-59,201**,flu\n90+,101**,flu\n");

        Anonymity.Of(csv, ["age", "cap"], "illness").Should().Be(new Anonymity(5, 1, 3, 1, 1));
        Anonymity.Of(csv, ["cap"], "illness").Should().Be(new Anonymity(5, 1, 2, 1, 1));
        ((Action)(() => Anonymity.Of(csv, ["zip"], null))).Should().Throw<FormatException>().Which.Message.Should().Contain("'zip'").And.Contain("age, cap, illness");
    }

    private static TabularRedaction Table(IReadOnlyDictionary<string, RedactionOperator>? columns = null)
    {
        var redactor = new Redactor(new Detector(TimeProvider.System, TimeSpan.FromSeconds(5)));
        return new TabularRedaction(redactor, Pseudonymous, redactor.Numbering(), columns);
    }
}
