using Appliance.Domain.Privacy;

namespace Appliance.Tests.Privacy;

/// <summary>Personal data that is broken, wrapped, spelled, or carried in something else.</summary>
public sealed class DisguiseTests
{
    private static readonly Redactor Redactor = new(new Detector(TimeProvider.System, TimeSpan.FromSeconds(5)));

    private static string Redact(string text) =>
        Redactor.Redact(new Sensitive<string>(text), new Dictionary<string, RedactionOperator>(), new Pseudonyms()).Text;

    [Theory]
    [InlineData("IBAN: IT60X05428\n 11101000000123456.", "IBAN: <IBAN_CODE>.")]
    [InlineData("IBAN: IT60X05428\r\n\t11101000000123456.", "IBAN: <IBAN_CODE>.")]
    [InlineData("versare su IT60X05428\n11101000000123456 subito", "versare su <IBAN_CODE> subito")]
    [InlineData("su conto DE89 3704 004\n    4 0532 0130 00 intestato", "su conto <IBAN_CODE> intestato")]
    [InlineData("> il mio conto DE89 3704 0044\n> 0532 0130 00", "> il mio conto <IBAN_CODE>")]
    [InlineData("codice fiscale RSSMRA8\n   5T10A562S qui", "codice fiscale <IT_FISCAL_CODE> qui")]
    [InlineData("carta 41111\n11111111111 scaduta", "carta <CREDIT_CARD> scaduta")]
    [InlineData("pagato con 4111 11\n11 1111 1111 ieri", "pagato con <CREDIT_CARD> ieri")]
    [InlineData("Tel. +39 33\n   8 1234567", "Tel. <PHONE_NUMBER>")]
    public void A_line_break_anywhere_inside_hides_nothing(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("41111\n11111111111")] // two numbers of a column: no word, no groups of four
    [InlineData("IT61X05428\n11101000000123456 no")] // a wrong checksum
    [InlineData("totale 4111\n11 casse")]
    [InlineData("quantità 3471234567 pezzi")]
    [InlineData("cap. 3.2.1.4 del capitolato")]
    [InlineData("versione 10.2.0.17 installata")]
    [InlineData("bilancio 1.000.000.000")]
    [InlineData("codice 000-12-3456")]
    [InlineData("ABCDEFGHIJKLMNOP")]
    [InlineData("CF RSSMRAURTMLARSNO")] // seven letters for digits, and a wrong one behind them
    public void Numbers_that_meet_by_chance_or_count_things_are_left(string text) =>
        Detector.OfRules(TimeProvider.System, TimeSpan.FromSeconds(5)).Find(new Sensitive<string>(text)).Should().BeEmpty();

    [Theory]
    [InlineData("https://x.example/u?id=RSSMRA85T10A562S&ok=1", "<URL><IT_FISCAL_CODE><URL>")]
    [InlineData("https://x.example/u/RSSMRA85T10A562S/edit", "<URL><IT_FISCAL_CODE><URL>")]
    [InlineData("vedi https://x.example/u/IT60X0542811101000000123456", "vedi <URL><IBAN_CODE>")]
    [InlineData("https://x.example/?a=mario.rossi%40example.it&b=4111111111111111 qui", "<URL><EMAIL_ADDRESS><URL><CREDIT_CARD> qui")]
    [InlineData("GET http://10.1.2.3:8080/x?ip=192.168.1.20 fine", "GET <URL><IP_ADDRESS> fine")]
    [InlineData("https://x.example/2024/03/15/notizia", "<URL>")]
    public void What_a_web_address_carries_is_found_by_its_own_kind_and_the_rest_stays_hidden(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("a mario@mail dot example dot org oggi", "a <EMAIL_ADDRESS> oggi")]
    [InlineData("a mario.rossi@example punto it oggi", "a <EMAIL_ADDRESS> oggi")]
    [InlineData("a mario dot rossi at example dot org oggi", "a <EMAIL_ADDRESS> oggi")]
    [InlineData("a mario (dot) rossi (at) mail (dot) example (dot) org oggi", "a <EMAIL_ADDRESS> oggi")]
    [InlineData("a mario@example[.]it oggi", "a <EMAIL_ADDRESS> oggi")]
    [InlineData("a mario\\x40example.it oggi", "a <EMAIL_ADDRESS> oggi")]
    [InlineData("a mario[@]example.it oggi", "a <EMAIL_ADDRESS> oggi")]
    [InlineData("da 192[.]168[.]1[.]20 ieri", "da <IP_ADDRESS> ieri")]
    [InlineData("hxxps[:]//mail.example[.]it/x ieri", "<URL> ieri")]
    [InlineData("card=4111+1111+1111+1111&x=1", "card=<CREDIT_CARD>&x=1")]
    [InlineData("telefono 3 3 8 1 2 3 4 5 6 7 ore 9", "telefono <PHONE_NUMBER> ore 9")]
    [InlineData("{\"codice_fiscale\":\"CCFPFCQSMNLGNTPB\"}", "{\"codice_fiscale\":\"<IT_FISCAL_CODE>\"}")]
    public void What_people_write_for_people_alone_is_read(string text, string expected) => Redact(text).Should().Be(expected);
}
