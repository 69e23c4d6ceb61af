using System.Text;
using Appliance.Domain.Privacy;

namespace Appliance.Tests.Privacy;

/// <summary>What holds for every text: a million of them, generated from one seed.</summary>
public sealed class EnginePropertyTests
{
    private const int Cases = 1_000_000, Deep = 50_000;
    private static readonly string[] Filler =
    [
        "il documento", "è stato", "inviato", "ieri", "the file", "was sent", "please", "grazie", "ordine", "🎉", "und", "para", "—", "\n", ",", ".", "(", ")", "e", "שלום", "の", "42", "3,50", "<b>", "&amp;", "\t", "«", "\u200B", "v2.1",
    ];

    private static readonly string[] Gold =
    [
        "RSSMRA85T10A562S", "IT60X0542811101000000123456", "GB82WEST12345698765432", "mario.rossi@example.it", "anna-neri@mail.example.org", "4111 1111 1111 1111", "5500-0000-0000-0004",
        "+39 338 1234567", "https://example.it/u?id=7", "192.168.1.20", "2001:db8::8a2e:370:7334", "00:1b:44:11:3a:b7", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "123e4567-e89b-42d3-a456-426614174000", "Via Giuseppe Verdi 34, 20121 Milano (MI)", "536-90-4399", "DE136695976",
    ];

    [Fact]
    public void No_gold_survives_and_redacting_twice_changes_nothing_in_a_million_texts()
    {
        Parallel.For(0, 8, part =>
        {
            var (chance, redactor) = (new Random(part), Redactor());
            for (var k = 0; k < Cases / 8; k++)
            {
                var (text, gold) = Text(chance);

                var once = Redact(redactor, text);

                foreach (var g in gold)
                {
                    once.Contains(g, StringComparison.Ordinal).Should().BeFalse($"part {part}, case {k}: {g} in {text}");
                }
                if (k % 4 == 0)
                {
                    (Redact(redactor, once) == once).Should().BeTrue($"part {part}, case {k}");
                }
            }
        });
    }

    [Fact]
    public void Findings_are_sorted_apart_and_on_whole_characters_also_with_CRLF_and_a_BOM()
    {
        var (chance, detector) = (new Random(99), new Detector(TimeProvider.System, TimeSpan.FromSeconds(30)));
        for (var k = 0; k < Deep; k++)
        {
            var (text, _) = Text(chance);

            var found = detector.Find(new Sensitive<string>(text));

            var last = 0;
            foreach (var f in found)
            {
                f.Start.Should().BeGreaterThanOrEqualTo(last);
                f.End.Should().BeInRange(f.Start + 1, text.Length);
                (char.IsLowSurrogate(text[f.Start]) || (f.End < text.Length && char.IsLowSurrogate(text[f.End]))).Should().BeFalse("half a character is none");
                last = f.End;
            }
            var other = "\uFEFF" + text.Replace("\n", "\r\n");
            detector.Find(new Sensitive<string>(other)).Select(f => (f.EntityType, Plain(other[f.Start..f.End]))).Should()
                .Equal(found.Select(f => (f.EntityType, Plain(text[f.Start..f.End]))), $"case {k}");
        }
    }

    [Theory]
    [InlineData("\n")]
    [InlineData(" ")]
    public void A_long_text_in_pieces_shows_what_the_whole_shows(string between)
    {
        var (chance, whole) = (new Random(7), new Detector(Detector.Standard, TimeProvider.System, TimeSpan.FromSeconds(30), 1 << 28));
        var pieces = new Detector(Detector.Standard, TimeProvider.System, TimeSpan.FromSeconds(30), 1 << 15);
        for (var k = 0; k < 40; k++)
        {
            // A name that is introduced once, at the end, and returns where nothing says that it is one; keys that are long; paragraphs as above.
            const string name = "Trivix";
            var parts = Enumerable.Range(0, 3000).Select(n => n % 97 == 5 ? $"modulo {name}: pronto." : n % 211 == 3 ? Key(chance) : Text(chance).Text).Append($"Mi chiamo {name} e abito a Milano.");
            var text = string.Join(between, k % 4 == 0 ? parts.Select(p => p.ToLowerInvariant()) : parts);
            text.Length.Should().BeGreaterThan(4 << 15, "else there is nothing to cut");

            var found = pieces.Find(new Sensitive<string>(text));

            (found.SequenceEqual(whole.Find(new Sensitive<string>(text)))).Should().BeTrue($"case {k}");
        }
    }

    [Fact]
    public void Places_are_counted_as_the_caller_counts()
    {
        var detector = new Detector(TimeProvider.System, TimeSpan.FromSeconds(30));
        ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);
        const string Told = "🎉 è l'IBAN IT60X0542811101000000123456";

        int Start(PlaceUnit unit) => detector.Find(new Sensitive<ReadOnlyMemory<byte>>(Bytes(Told)), unit).Should().ContainSingle().Which.Start;

        Start(PlaceUnit.Utf16).Should().Be(Told.IndexOf("IT60", StringComparison.Ordinal));
        Start(PlaceUnit.CodePoint).Should().Be(Told.EnumerateRunes().TakeWhile(r => r.Value != 'T').Count() - 1);
        Start(PlaceUnit.Utf8).Should().Be(Encoding.UTF8.GetByteCount(Told[..Told.IndexOf("IT60", StringComparison.Ordinal)]));
        detector.Invoking(d => d.Find(new Sensitive<ReadOnlyMemory<byte>>(new byte[] { 0xC3, 0x28 }), PlaceUnit.Utf8)).Should().Throw<DetectionFailedException>().WithMessage("*not UTF-8*");
    }

    private static string Key(Random chance) => "-----BEGIN PRIVATE KEY-----\n" + Convert.ToBase64String([.. Enumerable.Range(0, 6000).Select(_ => (byte)chance.Next(256))]) + "\n-----END PRIVATE KEY-----";

    private static Redactor Redactor() => new(new Detector(TimeProvider.System, TimeSpan.FromSeconds(30)));

    private static string Redact(Redactor redactor, string text) =>
        redactor.Redact(new Sensitive<string>(text), new Dictionary<string, RedactionOperator>(), new Pseudonyms()).Text;

    private static string Plain(string text) => text.Replace("\r", "").Replace("\uFEFF", "");

    private static (string Text, List<string> Gold) Text(Random chance)
    {
        var (text, gold) = (new StringBuilder(), new List<string>());
        var parts = chance.Next(1, 7);
        for (var k = 0; k < parts; k++)
        {
            text.Append(k == 0 ? "" : " ");
            if (chance.Next(3) == 0)
            {
                gold.Add(Gold[chance.Next(Gold.Length)]);
                text.Append(gold[^1]);
            }
            else
            {
                text.Append(Filler[chance.Next(Filler.Length)]);
            }
        }
        return (text.ToString(), gold);
    }
}
