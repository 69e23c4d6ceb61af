using System.Globalization;
using System.Text.Json.Nodes;

namespace Appliance.Cli.Client;

/// <summary>Takes values out of replies by path, for printing.</summary>
internal static class JsonReading
{
    /// <summary>The text at a path such as <c>passport.evaluation.score</c>, or empty.</summary>
    internal static string Text(this JsonNode? node, string path) => node.At(path) switch
    {
        null => "",
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        JsonArray list => string.Join(", ", list.Select(i => i?.ToString())),
        var other => other.ToString(),
    };

    internal static double Number(this JsonNode? node, string path) => node.At(path)?.GetValue<double>() ?? 0;

    internal static string Number(this JsonNode? node, string path, string format) =>
        node.At(path) is { } value ? value.GetValue<double>().ToString(format, CultureInfo.InvariantCulture) : "";

    /// <summary>A time to the second, in UTC.</summary>
    internal static string When(this JsonNode? node, string path) =>
        DateTimeOffset.TryParse(node.Text(path), CultureInfo.InvariantCulture, out var at)
            ? at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : "";

    internal static JsonNode? At(this JsonNode? node, string path)
    {
        foreach (var step in path.Split('.'))
        {
            node = (node as JsonObject)?[step];
        }
        return node;
    }
}
