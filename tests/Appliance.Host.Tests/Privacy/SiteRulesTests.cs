using Appliance.Domain.Policies;
using Appliance.Domain.Privacy;
using Appliance.Domain.Privacy.Site;

namespace Appliance.Tests.Privacy;

/// <summary>What a site adds in its policy: kinds of its own, exceptions, least scores, limits, and operators that differ from place to place.</summary>
public sealed class SiteRulesTests
{
    private const string Policy = """
        redaction:
          PERSON: pseudonymize
          CUSTOMER_NUMBER: mask
        redaction_in:
          infer.output: {LOCATION: replace, PERSON: redact}
        detection:
          own:
            - kind: CUSTOMER_NUMBER
              pattern: 'KD-[0-9]{6}'
            - kind: BADGE
              pattern: '[0-9]{4} [0-9]{3}'
              near: [badge, tesserino]
            - kind: METER
              pattern: 'M[0-9]{10}'
              check: luhn
              operator: redact
          except:
            - {kind: EMAIL_ADDRESS, value: URP@comune.example.it}
            - {kind: IBAN_CODE, sha256: 790ac2dfefab69991e146e0490a856923b758f806845cf6d8b50d87c86992957}
            - {kind: URL, pattern: 'https://www\.comune\.example\.it/[a-z/]*'}
          least_score: {LOCATION: 0.9}
          finds_max: 3
        """;

    private static readonly Redactor Redactor = new(new Detector(TimeProvider.System, TimeSpan.FromSeconds(30)));

    [Theory]
    [InlineData("il cliente KD-123456 scrive", "il cliente *******56 scrive")]
    [InlineData("il cliente KD\u2011１23456 scrive", "il cliente *******56 scrive")]
    [InlineData("badge n. 1234 567", "badge n. <BADGE>")]
    [InlineData("costa 1234 567 in tutto", "costa 1234 567 in tutto")]
    [InlineData("contatore M7992739871 fermo", "contatore M7992739871 fermo")]
    public void Kinds_of_the_site_are_found_through_disguises_and_only_near_their_words(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("scrivi a urp@comune.example.it", "scrivi a urp@comune.example.it")]
    [InlineData("scrivi a anna@comune.example.it", "scrivi a <EMAIL_ADDRESS>")]
    [InlineData("vedi https://www.comune.example.it/orari/uffici", "vedi https://www.comune.example.it/orari/uffici")]
    [InlineData("vedi https://www.comune.example.it/u?id=7", "vedi <URL>")]
    [InlineData("IBAN IT60X0542811101000000123456", "IBAN IT60X0542811101000000123456")]
    [InlineData("IBAN GB82WEST12345698765432", "IBAN <IBAN_CODE>")]
    public void What_the_site_exempts_stays_and_nothing_else(string text, string expected) => Redact(text).Should().Be(expected);

    [Fact]
    public void What_is_redacted_twice_is_the_same_with_kinds_of_the_site_too()
    {
        var once = Redact("badge 1234 567 di Anna Neri, tesserino 7654 321");

        Redact(once).Should().Be(once).And.Contain("<BADGE>");
    }

    [Fact]
    public void Each_place_has_its_own_operators_and_shares_the_rest()
    {
        var policy = Read();

        (policy.For("infer.output").Of("LOCATION"), policy.For("infer.output").Of("PERSON"), policy.For("import").Of("PERSON"), policy.Of("METER"), policy.For("infer.output").Of("METER"))
            .Should().Be((RedactionOperator.Replace, RedactionOperator.Redact, RedactionOperator.Pseudonymize, RedactionOperator.Redact, RedactionOperator.Redact));
    }

    [Fact]
    public void A_text_with_more_finds_than_the_site_allows_is_refused_not_cut() =>
        FluentActions.Invoking(() => Redact("KD-123456 KD-123457 KD-123458 KD-123459")).Should().Throw<DetectionFailedException>().WithMessage("*more finds than the 3*");

    [Fact]
    public void A_find_less_sure_than_the_site_asks_for_is_none() =>
        Redactor.Scan(new Sensitive<string>("abita a Torino da anni"), rules: Read().Detection).Should().BeEmpty();

    [Theory]
    [InlineData("own:\n    - {kind: PERSON, pattern: 'x{3}'}", "no kind that there is already")]
    [InlineData("own:\n    - {kind: MINE, pattern: '(?=a)b'}", "linear time")]
    [InlineData("own:\n    - {kind: MINE, pattern: '(a)\\1'}", "linear time")]
    [InlineData("own:\n    - {kind: MINE, pattern: 'a*'}", "matches nothing at all")]
    [InlineData("own:\n    - {kind: MINE, pattern: '[a'}", "no regular expression")]
    [InlineData("own:\n    - {kind: MINE, pattern: 'è'}", "ASCII")]
    [InlineData("own:\n    - {kind: MINE, pattern: 'a', check: crc}", "crc")]
    [InlineData("except:\n    - {kind: PERSONN, value: x}", "PERSONN")]
    [InlineData("except:\n    - {kind: PERSON}", "exactly one")]
    [InlineData("except:\n    - {kind: PERSON, sha256: abc}", "64 hexadecimal")]
    [InlineData("least_score: {PERSON: 2}", "0 to 1")]
    [InlineData("finds_max: 0", "1 to")]
    [InlineData("finds_most: 5", "finds_most")]
    public void A_mistake_is_said_with_its_line_and_refuses_the_policy(string section, string said)
    {
        var (policy, errors) = RedactionPreset.Read($"detection:\n  {section}\n");

        policy.Should().BeNull();
        errors.Should().Contain(e => e.Contains(said, StringComparison.Ordinal) && e.StartsWith("line ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_hostile_text_cannot_slow_a_pattern_of_the_site()
    {
        var (policy, _) = RedactionPreset.Read("detection:\n  own:\n    - {kind: MINE, pattern: '(x+x+)+y'}\n");
        double Milliseconds(int length)
        {
            var (text, best) = (new Sensitive<string>(new string('x', length)), double.MaxValue);
            for (var tries = 0; tries < 5; tries++)
            {
                var started = TimeProvider.System.GetTimestamp();
                Redactor.Scan(text, rules: policy!.Detection);
                best = Math.Min(best, TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
            }
            return best;
        }

        var (once, twice) = (Milliseconds(1 << 17), Milliseconds(1 << 18));

        twice.Should().BeLessThan((3 * once) + 20, "it grows with the text and no faster; a backtracking engine would not end");
    }

    private static string Redact(string text) => Redactor.Redact(new Sensitive<string>(text), Read(), Redactor.Numbering()).Text;

    private static RedactionPolicy Read()
    {
        var (policy, errors) = RedactionPreset.Read(Policy);
        errors.Should().BeEmpty();
        return policy!;
    }
}
