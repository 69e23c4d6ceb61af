using System.Text;

namespace Appliance.Domain.Privacy;

/// <summary>A text whose personal data is gone, and what was found in it by kind.</summary>
/// <param name="Text">Safe to store, train on and show.</param>
/// <param name="Counts">Findings by kind.</param>
/// <param name="Places">Where places of the original went.</param>
public sealed record RedactedText(string Text, IReadOnlyDictionary<string, int> Counts, PlaceMap Places);

/// <summary>Finds personal data and puts the policy's operator in its place.</summary>
public sealed class Redactor(Detector detector)
{
    private const int CharactersLeft = 2;

    /// <param name="operators">The operator of each kind; a kind that is not named is replaced.</param>
    /// <param name="pseudonyms">The numbering that <see cref="RedactionOperator.Pseudonymize"/> goes on with.</param>
    /// <exception cref="DetectionFailedException">A recognizer broke: nothing of the text may be used.</exception>
    public RedactedText Redact(
        Sensitive<string> text, IReadOnlyDictionary<string, RedactionOperator> operators, Pseudonyms pseudonyms)
    {
        var findings = detector.Find(text);
        var original = text.Reveal();
        var result = new StringBuilder(original.Length);
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var replaced = new List<PlaceMap.Replaced>();
        var at = 0;
        foreach (var finding in findings)
        {
            result.Append(original, at, finding.Start - at);
            var put = Put(
                finding.EntityType, original[finding.Start..finding.End],
                operators.GetValueOrDefault(finding.EntityType, RedactionOperator.Replace), pseudonyms);
            replaced.Add(new PlaceMap.Replaced(finding.Start, finding.End, result.Length, result.Length + put.Length));
            result.Append(put);
            counts[finding.EntityType] = counts.GetValueOrDefault(finding.EntityType) + 1;
            at = finding.End;
        }
        result.Append(original, at, original.Length - at);
        return new RedactedText(result.ToString(), counts, new PlaceMap(replaced));
    }

    /// <summary>The findings alone, for a scan.</summary>
    /// <exception cref="DetectionFailedException">A recognizer broke.</exception>
    public IReadOnlyList<PiiFinding> Scan(Sensitive<string> text) => detector.Find(text);

    private static string Put(string type, string value, RedactionOperator chosen, Pseudonyms pseudonyms) => chosen switch
    {
        RedactionOperator.Replace => $"<{type}>",
        RedactionOperator.Redact => "",
        RedactionOperator.Pseudonymize => pseudonyms.Token(type, value),
        RedactionOperator.Mask => new string('*', Math.Max(0, value.Length - CharactersLeft))
            + value[Math.Max(0, value.Length - CharactersLeft)..],
        _ => throw new ArgumentOutOfRangeException(nameof(chosen), chosen, "unknown operator"),
    };
}
