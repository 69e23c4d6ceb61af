using System.Text.Json;

namespace Appliance.Sdk.Plugins;

/// <summary>What kind of thing a task answers with; it says how a dataset's labels are written and how the host scores a model.</summary>
public enum AnswerKind
{
    /// <summary>One of the dataset's classes. Label: its name.</summary>
    Class,

    /// <summary>Any number of stretches of the text, each of a type. Label: <see cref="TextSpans"/>.</summary>
    Spans,

    /// <summary>One stretch of the text, or none. Label: <see cref="TextSpans"/> of all that count as right.</summary>
    Span,

    /// <summary>A text of its own. Label: that text.</summary>
    Text,
}

/// <summary>A stretch of a text.</summary>
/// <param name="Start">First UTF-16 code unit.</param>
/// <param name="End">One past the last.</param>
/// <param name="Label">Its type, or empty.</param>
public readonly record struct TextSpan(int Start, int End, string Label = "");

/// <summary>Stretches of a text as the label of a row: <c>[[0,5,"person"],[17,21,"location"]]</c>.</summary>
public static class TextSpans
{
    public static string Write(IEnumerable<TextSpan> spans)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartArray();
            foreach (var span in spans)
            {
                json.WriteStartArray();
                json.WriteNumberValue(span.Start);
                json.WriteNumberValue(span.End);
                json.WriteStringValue(span.Label);
                json.WriteEndArray();
            }
            json.WriteEndArray();
        }
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <param name="length">Of the text; a span that ends behind it is refused.</param>
    /// <exception cref="InvalidDataException">The label is no list of [start, end, type] inside the text.</exception>
    public static IReadOnlyList<TextSpan> Read(string label, int length)
    {
        try
        {
            using var document = JsonDocument.Parse(label, new JsonDocumentOptions { MaxDepth = 4 });
            TextSpan[] spans = [.. document.RootElement.EnumerateArray().Select(s => new TextSpan(
                s[0].GetInt32(), s[1].GetInt32(), s.GetArrayLength() > 2 ? s[2].GetString() ?? "" : ""))];
            return spans.All(s => s.Start >= 0 && s.Start < s.End && s.End <= length)
                ? spans
                : throw new InvalidDataException("A span lies outside its text, or is empty.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            throw new InvalidDataException("The label is not a list of [start, end, \"type\"].");
        }
    }
}

/// <summary>A request with what is right for it: a row to learn from.</summary>
/// <param name="Input">The fields of a request of the task, already redacted.</param>
/// <param name="Label">Written as the task's <see cref="AnswerKind"/> says.</param>
public sealed record LabelledInput(TaskInput Input, string Label);
