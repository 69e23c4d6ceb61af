using Appliance.Domain.Privacy;
using Appliance.Sdk.Plugins;

namespace Appliance.Domain.Datasets;

/// <summary>A row without personal data.</summary>
/// <param name="File">Where it came from.</param>
/// <param name="Label">As the dataset's kind of answer writes it.</param>
internal sealed record RedactedRow(string File, IReadOnlyDictionary<string, string> Fields, string Label)
{
    /// <summary>The last field, that spans point into.</summary>
    internal string About => Fields.Values.Last();

    /// <summary>All fields as one text: rows with the same are the same.</summary>
    internal string Key => string.Join('\u001F', Fields.Values);
}

/// <summary>Redacts the rows of one dataset with one numbering; labels that point into a text move along with it.</summary>
/// <param name="operators">Null where a rule allows the import without redaction.</param>
internal sealed class RowRedaction(Redactor redactor, IReadOnlyDictionary<string, RedactionOperator>? operators, RowLayout layout)
{
    private readonly Pseudonyms _pseudonyms = new();

    /// <summary>Findings by kind so far.</summary>
    internal SortedDictionary<string, int> Found { get; } = new(StringComparer.Ordinal);

    /// <returns>Null where a picture is none.</returns>
    /// <exception cref="DetectionFailedException">A recognizer broke: nothing may be imported.</exception>
    internal RedactedRow? Of(RawRow row)
    {
        var (fields, places) = (new Dictionary<string, string>(), PlaceMap.Same);
        foreach (var (name, text) in row.Fields)
        {
            if (name == layout.ImageField)
            {
                if (PictureMetadata.Strip(text) is not { } clean)
                {
                    return null;
                }
                fields[name] = clean;
                continue;
            }
            (fields[name], places) = Of(text);
        }
        return new RedactedRow(row.File, fields, layout.Answer switch
        {
            AnswerKind.Class => row.Label,
            AnswerKind.Text => Of(row.Target!.Value).Text, // a row of this kind has one
            _ => TextSpans.Write(row.Spans.Select(places.ToRedacted).OfType<TextSpan>().Distinct()),
        });
    }

    // Raw text leaves Sensitive only through the redactor, or when a rule allows the import without redaction.
    private (string Text, PlaceMap Places) Of(Sensitive<string> text)
    {
        if (operators is null)
        {
            return (RawAccess.ByPolicy(text), PlaceMap.Same);
        }
        var result = redactor.Redact(text, operators, _pseudonyms);
        foreach (var (type, count) in result.Counts)
        {
            Found[type] = Found.GetValueOrDefault(type) + count;
        }
        return (result.Text, result.Places);
    }
}
