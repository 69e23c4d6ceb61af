using Appliance.Domain.Privacy;
using Appliance.Domain.Privacy.Site;
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
/// <param name="policy">Null where a rule allows the import without redaction.</param>
internal sealed class RowRedaction(Redactor redactor, RedactionPolicy? policy, RowLayout layout)
{
    private readonly TextRedaction _texts = new(redactor, policy);

    /// <summary>Findings by kind so far.</summary>
    internal SortedDictionary<string, int> Found => _texts.Found;

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
            (fields[name], places) = _texts.Of(text);
        }
        return new RedactedRow(row.File, fields, layout.Answer switch
        {
            AnswerKind.Class => row.Label,
            AnswerKind.Text => _texts.Of(row.Target!.Value).Text, // a row of this kind has one
            _ => TextSpans.Write(row.Spans.Select(places.ToRedacted).OfType<TextSpan>().Distinct()),
        });
    }
}
