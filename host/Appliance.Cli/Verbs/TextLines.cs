using System.Text.Json;
using System.Text.Json.Nodes;

namespace Appliance.Cli.Verbs;

/// <summary>What the verbs share that read texts as lines of JSON and answer with places in them.</summary>
internal static class TextLines
{
    internal static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text and, where the line has one, its id; null for anything but a JSON object with a text.</summary>
    internal static (JsonNode? Id, string Text)? Parse(string line)
    {
        try
        {
            return JsonNode.Parse(line) is JsonObject o && o["text"] is JsonValue text && text.TryGetValue<string>(out var value)
                ? (o["id"]?.DeepClone(), value)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The code point that each UTF-16 unit belongs to, and their number at the end.</summary>
    internal static int[] CodePoints(string text)
    {
        var index = new int[text.Length + 1];
        for (var (at, points) = (0, 0); at < text.Length; at++)
        {
            index[at] = points;
            points += at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 0 : 1;
            index[at + 1] = points;
        }
        return index;
    }
}
