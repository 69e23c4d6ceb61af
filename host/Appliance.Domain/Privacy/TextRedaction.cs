using Appliance.Domain.Privacy.Site;

namespace Appliance.Domain.Privacy;

/// <summary>Redacts the texts that belong together with one numbering, and counts what was found.</summary>
/// <param name="policy">Null where a rule allows the texts as they are: the only way past the redactor.</param>
internal sealed class TextRedaction(Redactor redactor, RedactionPolicy? policy)
{
    private readonly Pseudonyms _pseudonyms = redactor.Numbering();

    /// <summary>Findings by kind so far.</summary>
    internal SortedDictionary<string, int> Found { get; } = new(StringComparer.Ordinal);

    /// <exception cref="DetectionFailedException">A recognizer broke: nothing may go on.</exception>
    internal (string Text, PlaceMap Places) Of(Sensitive<string> text)
    {
        if (policy is null)
        {
            return (RawAccess.ByPolicy(text), PlaceMap.Same);
        }
        var result = redactor.Redact(text, policy, _pseudonyms);
        foreach (var (type, count) in result.Counts)
        {
            Found[type] = Found.GetValueOrDefault(type) + count;
        }
        return (result.Text, result.Places);
    }
}
