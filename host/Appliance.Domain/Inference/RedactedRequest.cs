using Appliance.Domain.Privacy;
using Appliance.Domain.Privacy.Site;
using Appliance.Sdk.Plugins;

namespace Appliance.Domain.Inference;

/// <summary>One request as a model may see it, and the way back to the places of the text as it came in.</summary>
internal sealed record RedactedRequest(Dictionary<string, string> Fields, IReadOnlyDictionary<string, int> Found, PlaceMap Places)
{
    /// <param name="policy">Null where a rule allows the request without redaction.</param>
    /// <exception cref="DetectionFailedException">A recognizer broke: nothing may go on.</exception>
    /// <exception cref="PictureRefusedException">A field for a picture holds none.</exception>
    internal static RedactedRequest Of(
        IReadOnlyDictionary<string, Sensitive<string>> fields, TaskManifest task, RedactionPolicy? policy, Redactor redactor)
    {
        var (redacted, texts, places) = (new Dictionary<string, string>(), new TextRedaction(redactor, policy), PlaceMap.Same);
        foreach (var (name, text) in fields)
        {
            if (task.ImageFields.Contains(name))
            {
                redacted[name] = PictureMetadata.Strip(text) ?? throw new PictureRefusedException(name);
                continue;
            }
            (redacted[name], var moved) = texts.Of(text);
            places = name == task.About ? moved : places;
        }
        return new RedactedRequest(redacted, texts.Found, places);
    }

    /// <summary>An answer whose places are those of the original; a place that stands for nothing there is left out.</summary>
    internal TaskOutput Placed(TaskOutput output) => output with
    {
        Predictions = [.. output.Predictions.Select(p => p is { Start: { } start, End: { } end }
            ? Places.ToOriginal(new TextSpan(start, end)) is { } there ? p with { Start = there.Start, End = there.End } : p with { Start = null, End = null }
            : p)],
    };
}

/// <summary>A request's field for a picture holds none.</summary>
internal sealed class PictureRefusedException(string field)
    : Exception($"The field '{field}' must be a whole JPEG, PNG or BMP file in base64, without a preview inside.");
