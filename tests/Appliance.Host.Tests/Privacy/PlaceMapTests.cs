using Appliance.Domain.Privacy;
using Appliance.Sdk.Plugins;

namespace Appliance.Tests.Privacy;

/// <summary>Labels and answers that point into a text stay with their words when the text is redacted.</summary>
public sealed class PlaceMapTests
{
    private static readonly Redactor Redactor = new(new Detector(TimeProvider.System, TimeSpan.FromSeconds(5)));
    private static readonly Dictionary<string, RedactionOperator> Operators = new() { ["PERSON"] = RedactionOperator.Pseudonymize, ["EMAIL_ADDRESS"] = RedactionOperator.Redact };

    private static readonly Dictionary<string, RedactionOperator> Replacing = new() { ["PERSON"] = RedactionOperator.Pseudonymize };

    [Theory]
    [InlineData("Mi chiamo Elisa Bruni e abito in campagna", "campagna", "campagna")]
    [InlineData("Mi chiamo Elisa Bruni e abito a Roma", "Elisa", "<PERSON_1>")]
    [InlineData("Mi chiamo Elisa Bruni e abito a Roma", "chiamo Elisa", "chiamo <PERSON_1>")]
    [InlineData("scrivi a mario@example.it oppure vieni", "mario@example.it", null)]
    [InlineData("scrivi a mario@example.it oppure vieni", "vieni", "vieni")]
    [InlineData("senza persone", "persone", "persone")]
    public void A_stretch_goes_where_its_words_went_and_back(string text, string words, string? expected)
    {
        var redacted = Redactor.Redact(new Sensitive<string>(text), Operators, new Pseudonyms());
        var start = text.IndexOf(words, StringComparison.Ordinal);

        var there = redacted.Places.ToRedacted(new TextSpan(start, start + words.Length, "x"));

        (there is { } t ? redacted.Text[t.Start..t.End] : null).Should().Be(expected);
        if (there is { } moved)
        {
            var back = redacted.Places.ToOriginal(moved)!.Value;
            text[back.Start..back.End].Should().Contain(words);
        }
    }

    [Fact]
    public void Ten_thousand_random_stretches_keep_their_words_where_nothing_was_replaced_and_never_leave_the_text()
    {
        var chance = new Random(3);
        string[] parts = ["Elisa Bruni", "mario@example.it", "il lampione", "RSSMRA85T10A562S", "a Roma", ",", "\n", "IT60X0542811101000000123456", "è spento"];
        for (var k = 0; k < 10_000; k++)
        {
            var text = string.Join(' ', Enumerable.Range(0, chance.Next(1, 8)).Select(_ => parts[chance.Next(parts.Length)]));
            var redacted = Redactor.Redact(new Sensitive<string>(text), Replacing, new Pseudonyms());
            var start = chance.Next(text.Length);
            var span = new TextSpan(start, chance.Next(start, text.Length) + 1);

            var moved = redacted.Places.ToRedacted(span);

            if (moved is { } m)
            {
                m.Start.Should().BeInRange(0, redacted.Text.Length);
                m.End.Should().BeInRange(m.Start, redacted.Text.Length);
                var back = redacted.Places.ToOriginal(m)!.Value;
                back.Start.Should().BeInRange(0, span.Start);
                back.End.Should().BeInRange(span.End, text.Length);
                if (!redacted.Text[m.Start..m.End].Contains('<'))
                {
                    redacted.Text[m.Start..m.End].Should().Be(text[span.Start..span.End]);
                }
            }
        }
    }
}
