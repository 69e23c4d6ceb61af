using System.Text;
using Appliance.Domain.Privacy.Operations;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Site;

namespace Appliance.Domain.Privacy;

/// <summary>A text whose personal data is gone, and what was found in it by kind.</summary>
/// <param name="Text">Safe to store, train on and show.</param>
/// <param name="Counts">Findings by kind.</param>
/// <param name="Places">Where places of the original went.</param>
public sealed record RedactedText(string Text, IReadOnlyDictionary<string, int> Counts, PlaceMap Places);

/// <summary>Finds personal data and puts the policy's operator in its place.</summary>
/// <remarks>
/// 1 find; 2 replace all finds by their kinds and look again, until nothing is left: what stands alone may show only when its neighbour is gone;
/// 3 look once more with other means (<see cref="ResidualCheck"/>), where a leftover blocks; 4 put the operators' words in.
/// So redacting what was redacted changes nothing.
/// </remarks>
public sealed class Redactor(Detector detector, RedactionKeys? keys = null)
{
    private const int RoundsMax = 8;

    /// <param name="policy">What is found, and the operator of each kind.</param>
    /// <param name="pseudonyms">The numbering that <see cref="RedactionOperator.Pseudonymize"/> goes on with, and the keys of the others.</param>
    /// <param name="label">The column or key that the text stands under.</param>
    /// <exception cref="DetectionFailedException">A recognizer broke, or something was left: nothing of the text may be used.</exception>
    public RedactedText Redact(
        Sensitive<string> text, RedactionPolicy policy, Pseudonyms pseudonyms, string label = "")
    {
        var findings = Settled(text, label, policy.Detection);
        var (result, _) = Put(text.Reveal(), findings, f => policy.Of(f.EntityType), pseudonyms);
        return result;
    }

    /// <summary>A new numbering, with the keys of the operators that need some.</summary>
    /// <param name="subject">Whose dates are moved together.</param>
    public Pseudonyms Numbering(string subject = "") => new(keys, subject);

    /// <summary>The findings alone, for a scan.</summary>
    /// <exception cref="DetectionFailedException">A recognizer broke.</exception>
    public IReadOnlyList<PiiFinding> Scan(Sensitive<string> text, string label = "", DetectionRules? rules = null) => Find(text, label, rules ?? DetectionRules.None).Findings;

    /// <summary>The same in a text as UTF-8, with places in the unit that the caller counts in.</summary>
    /// <exception cref="DetectionFailedException">A recognizer broke, or the text is no UTF-8.</exception>
    public IReadOnlyList<PiiFinding> Scan(Sensitive<ReadOnlyMemory<byte>> utf8, PlaceUnit unit, DetectionRules rules)
    {
        var bytes = utf8.Reveal();
        var all = detector.Find(utf8, PlaceUnit.Utf8, rules: rules);
        var places = new Places(bytes.Span, unit);
        var findings = new List<PiiFinding>(all.Count);
        foreach (var f in all)
        {
            if (rules.IsSure(f) && (rules.Exceptions.Count == 0 || !rules.IsExempt(f.EntityType, Encoding.UTF8.GetString(bytes.Span[f.Start..f.End]))))
            {
                var start = places.Of(f.Start);
                findings.Add(f with { Start = start, End = places.Of(f.End) });
            }
        }
        return findings;
    }

    // Without what the site exempts; that is returned as well, for the second look must not stumble over it.
    private (IReadOnlyList<PiiFinding> Findings, IReadOnlyList<PiiFinding> Exempt) Find(Sensitive<string> text, string label, DetectionRules rules)
    {
        var all = detector.Find(text, label, rules);
        if (rules.Exceptions.Count == 0 && rules.LeastScores.Count == 0)
        {
            return (all, []);
        }
        var exempt = all.Where(f => rules.IsExempt(f.EntityType, text.Reveal()[f.Start..f.End])).ToArray();
        return ([.. all.Except(exempt).Where(rules.IsSure)], exempt);
    }

    private static void LookAgain(string text, IReadOnlyList<PiiFinding> exempt) =>
        ResidualCheck.ThrowIfLeft(exempt.Count == 0 ? text : Put(text, exempt, _ => RedactionOperator.Redact, new Pseudonyms()).Result.Text);

    private IReadOnlyList<PiiFinding> Settled(Sensitive<string> text, string label, DetectionRules rules)
    {
        var original = text.Reveal();
        var (findings, kept) = Find(text, label, rules);
        for (var round = 0; findings.Count > 0; round++)
        {
            var (bare, places) = Put(original, findings, _ => RedactionOperator.Replace, new Pseudonyms());
            var (more, exempt) = Find(new Sensitive<string>(bare.Text), label, rules);
            if (more.Count == 0)
            {
                LookAgain(bare.Text, exempt);
                return findings;
            }
            if (round == RoundsMax)
            {
                throw DetectionFailedException.Refused("shows more in every round");
            }
            findings = Union(findings, more.Select(f => places.ToOriginal(new(f.Start, f.End, "")) is { } there ? f with { Start = there.Start, End = there.End } : null).OfType<PiiFinding>());
        }
        LookAgain(original, kept);
        return findings;
    }

    // Sorted and apart; where two touch the same text, one of the surer kind covers both.
    private static List<PiiFinding> Union(IReadOnlyList<PiiFinding> first, IEnumerable<PiiFinding> more)
    {
        var all = new List<PiiFinding>();
        foreach (var next in first.Concat(more).OrderBy(f => f.Start).ThenByDescending(f => f.End))
        {
            if (all.Count > 0 && all[^1].End > next.Start)
            {
                all[^1] = (next.Score > all[^1].Score ? next : all[^1]) with { Start = all[^1].Start, End = Math.Max(all[^1].End, next.End) };
                continue;
            }
            all.Add(next);
        }
        return all;
    }

    private static (RedactedText Result, PlaceMap Places) Put(string original, IReadOnlyList<PiiFinding> findings, Func<PiiFinding, RedactionOperator> chosen, Pseudonyms pseudonyms)
    {
        var result = new StringBuilder(original.Length);
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var replaced = new List<PlaceMap.Replaced>();
        var at = 0;
        foreach (var finding in findings)
        {
            result.Append(original, at, finding.Start - at);
            var value = original[finding.Start..finding.End];
            var put = Operators.Put(finding.EntityType, value, chosen(finding), pseudonyms);
            if (put != value)
            {
                replaced.Add(new PlaceMap.Replaced(finding.Start, finding.End, result.Length, result.Length + put.Length));
                counts[finding.EntityType] = counts.GetValueOrDefault(finding.EntityType) + 1;
            }
            result.Append(put);
            at = finding.End;
        }
        result.Append(original, at, original.Length - at);
        var places = new PlaceMap(replaced);
        return (new RedactedText(result.ToString(), counts, places), places);
    }
}
