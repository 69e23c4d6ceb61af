using System.Text;
using Appliance.Domain.Privacy;
using Appliance.Domain.Privacy.Checks;
using Appliance.Domain.Privacy.Operations;

namespace Appliance.Tests.Privacy;

public sealed class OperatorTests
{
    private const string Text = "Mi chiamo Anna Neri, CF RSSMRA85T10A562S, IBAN IT60X0542811101000000123456, carta 4111 1111 1111 1111, il 03/04/2021";
    private static readonly RedactionKeys Keys = new([.. Enumerable.Range(0, 32).Select(k => (byte)k)]);
    private static readonly Redactor Redactor = new(new Detector(TimeProvider.System, TimeSpan.FromSeconds(5)), Keys);

    [Fact]
    public void FF1_gives_the_numbers_of_the_standard()
    {
        // NIST SP 800-38G, samples 1 to 3 of FF1 with AES-128
        var key = Convert.FromHexString("2B7E151628AED2A6ABF7158809CF4F3C");
        string Digits(int[] numerals) => string.Concat(numerals.Select(n => "0123456789abcdefghijklmnopqrstuvwxyz"[n]));
        int[] Numerals(string text) => [.. text.Select(c => "0123456789abcdefghijklmnopqrstuvwxyz".IndexOf(c))];

        Digits(new FormatPreserving(key, 10).Encrypt(Numerals("0123456789"), [])).Should().Be("2433477484");
        Digits(new FormatPreserving(key, 10).Encrypt(Numerals("0123456789"), Convert.FromHexString("39383736353433323130"))).Should().Be("6124200773");
        Digits(new FormatPreserving(key, 36).Encrypt(Numerals("0123456789abcdefghi"), Convert.FromHexString("3737373770717273373737"))).Should().Be("a9tv40mll9kdu509eum");
        Digits(new FormatPreserving(key, 10).Decrypt(Numerals("2433477484"), [])).Should().Be("0123456789");
    }

    [Fact]
    public void AES_SIV_gives_the_bytes_of_the_standard()
    {
        // RFC 5297, appendix A.1
        var siv = new AesSiv(Convert.FromHexString("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"));
        var associated = Convert.FromHexString("101112131415161718191a1b1c1d1e1f2021222324252627");
        var token = siv.Encrypt(Convert.FromHexString("112233445566778899aabbccddee"), associated);

        Convert.ToHexStringLower(token).Should().Be("85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c");
        Convert.ToHexStringLower(siv.Decrypt(token, associated)!).Should().Be("112233445566778899aabbccddee");
        siv.Decrypt(token, [1]).Should().BeNull();
    }

    [Fact]
    public void What_was_encrypted_comes_back_exactly_a_million_times_over()
    {
        Parallel.For(0, 8, part =>
        {
            var (chance, siv) = (new Random(part), new AesSiv(new byte[32]));
            for (var k = 0; k < 125_000; k++)
            {
                var plain = new byte[chance.Next(1, 40)];
                chance.NextBytes(plain);
                (k % 2 == 0 ? Keys.Open(Keys.Seal(plain, "T"), "T")! : siv.Decrypt(siv.Encrypt(plain, [1]), [1])!).AsSpan().SequenceEqual(plain).Should().BeTrue();
            }
        });
    }

    [Fact]
    public void Format_preserving_encryption_keeps_the_shape_and_comes_back()
    {
        var chance = new Random(4);
        for (var k = 0; k < 10_000; k++)
        {
            var value = string.Concat(Enumerable.Range(0, chance.Next(6, 24)).Select(_ => (char)('0' + chance.Next(10))));
            value = value.Insert(chance.Next(1, 5), "-");
            var other = Operators.Shaped("X", value, Keys, encrypt: true);

            other.IndexOf('-').Should().Be(value.IndexOf('-'));
            Operators.Shaped("X", other, Keys, encrypt: false).Should().Be(value);
        }
        Operators.Shaped("X", "12345", Keys, encrypt: true).Should().Be("<X>", "five digits are tried out in no time");
    }

    [Fact]
    public void Encrypted_tokens_open_with_the_key_alone()
    {
        foreach (var chosen in new[] { RedactionOperator.Encrypt, RedactionOperator.EncryptSame })
        {
            var redacted = Put(Text, chosen);

            redacted.Should().NotContain("RSSMRA").And.NotContain("Neri");
            SealedMap.Decrypt(redacted, Keys).Should().Be(Text);
            SealedMap.Decrypt(redacted, new RedactionKeys(new byte[32])).Should().Be(redacted);
            Put(redacted, RedactionOperator.Replace).Should().Be(redacted, "a token is nothing to find");
        }
        (Put(Text, RedactionOperator.EncryptSame) == Put(Text, RedactionOperator.EncryptSame)).Should().BeTrue();
        (Put(Text, RedactionOperator.Encrypt) == Put(Text, RedactionOperator.Encrypt)).Should().BeFalse();
    }

    [Fact]
    public void Surrogates_look_real_hold_their_checksums_and_are_the_same_for_the_same_value()
    {
        byte[] Code(string type, string value) => Encoding.ASCII.GetBytes(Operators.Normal(Surrogates.For(type, value, Keys)));

        Iban.Holds(Code("IBAN_CODE", "IT60 X054 2811 1010 0000 0123 456")).Should().BeTrue();
        Card.Holds(Code("CREDIT_CARD", "4111 1111 1111 1111")).Should().BeTrue();
        ItalianCodes.FiscalCode(Code("IT_FISCAL_CODE", "RSSMRA85T10A562S")).Should().BeTrue();
        ItalianCodes.VatCode(Code("IT_VAT_CODE", "12345670017")).Should().BeTrue();
        Surrogates.For("PERSON", "Anna Neri", Keys).Should().Be(Surrogates.For("PERSON", "ANNA  NERI", Keys)).And.NotContain("Neri");
        Surrogates.For("PERSON", "Anna Neri", Keys.For("dataset/2")).Should().NotBe(Surrogates.For("PERSON", "Anna Neri", Keys), "another scope is another person");
        Surrogates.For("EMAIL_ADDRESS", "anna@neri.it", Keys).Should().EndWith("@example.org");
    }

    [Fact]
    public void Dates_of_a_subject_move_together_and_ages_and_places_grow_coarse()
    {
        string Shift(string date, string subject) => DateShifting.Shift("DATE_TIME", date, Keys, subject);
        var (first, second) = (DateOnly.ParseExact(Shift("03/04/2021", "s1"), "dd/MM/yyyy"), DateOnly.ParseExact(Shift("13/04/2021", "s1"), "dd/MM/yyyy"));

        (second.DayNumber - first.DayNumber).Should().Be(10);
        Shift("03/04/2021", "s1").Should().NotBe("03/04/2021").And.NotBe(Shift("03/04/2021", "s2"));
        Shift("2021-04-03", "s1").Should().MatchRegex(@"^\d{4}-\d\d-\d\d$");
        Shift("3 aprile 2021", "s1").Should().MatchRegex(@"^\d{1,2} \p{L}+ \d{4}$");
        (Generalising.Of("AGE", "47"), Generalising.Of("AGE", "93"), Generalising.Of("IT_POSTAL_CODE", "20121"), Generalising.Of("BIRTH_DATE", "3 maggio 1980"))
            .Should().Be(("40-49", "90+", "201**", "1980"));
        Generalising.Of("IP_ADDRESS", "203.0.113.7").Should().Be("203.0.113.0/24");
    }

    [Fact]
    public void A_sealed_map_opens_with_its_key_and_its_purpose_only()
    {
        var numbering = Redactor.Numbering();
        var redacted = Redactor.Redact(new Sensitive<string>("Mi chiamo Anna Neri"), new Dictionary<string, RedactionOperator> { ["PERSON"] = RedactionOperator.Pseudonymize }, numbering).Text;
        var map = SealedMap.Seal(numbering, Keys, "complaint");

        SealedMap.Open(map, Keys, "complaint")!["<PERSON_1>"].Should().Be("Anna Neri");
        SealedMap.Open(map, Keys, "marketing").Should().BeNull();
        SealedMap.Open(map, new RedactionKeys(new byte[32]), "complaint").Should().BeNull();
        map[^1] ^= 1;
        SealedMap.Open(map, Keys, "complaint").Should().BeNull();
        redacted.Should().Be("Mi chiamo <PERSON_1>");
    }

    [Fact]
    public void A_text_that_arrives_in_pieces_gets_its_names_back_and_no_more_than_one_token_is_held()
    {
        var values = new Dictionary<string, string> { ["<PERSON_1>"] = "Anna Neri", ["<PERSON_12>"] = "Ugo Bo" };
        var (text, expected) = ("Dear <PERSON_1>, <PERSON_12> says a < b and <b> and <PERSON_3>.", "Dear Anna Neri, Ugo Bo says a < b and <b> and <PERSON_3>.");
        var chance = new Random(8);
        for (var k = 0; k < 1000; k++)
        {
            var (back, said) = (new Depseudonymiser(values), new StringBuilder());
            for (var at = 0; at < text.Length;)
            {
                var size = Math.Min(text.Length - at, chance.Next(1, 9));
                said.Append(back.Push(text.AsSpan(at, size)));
                back.Held.Should().BeLessThan("<PERSON_12>".Length);
                at += size;
            }
            said.Append(back.End()).ToString().Should().Be(expected);
        }
    }

    [Fact]
    public void An_operator_that_needs_a_key_does_nothing_without_one() =>
        ((Action)(() => new Redactor(new Detector(TimeProvider.System, TimeSpan.FromSeconds(5))).Redact(
            new Sensitive<string>(Text), new Dictionary<string, RedactionOperator> { ["PERSON"] = RedactionOperator.Hash }, new Pseudonyms()))).Should().Throw<InvalidOperationException>();

    private static string Put(string text, RedactionOperator chosen) =>
        Redactor.Redact(new Sensitive<string>(text), EntityTypes.All.ToDictionary(t => t, _ => chosen), Redactor.Numbering()).Text;
}
