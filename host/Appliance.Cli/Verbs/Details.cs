using System.Text.Json.Nodes;

namespace Appliance.Cli.Verbs;

/// <summary>Prints a reply as indented <c>name: value</c> lines.</summary>
internal static class Details
{
    internal static void Print(JsonNode? node, string indent = "")
    {
        foreach (var (name, value) in node!.AsObject())
        {
            switch (value)
            {
                case null or JsonObject { Count: 0 } or JsonArray { Count: 0 }:
                    break;
                case JsonObject inner:
                    Session.Say($"{indent}{name}:");
                    Print(inner, indent + "  ");
                    break;
                case JsonArray list when list.Any(i => i is JsonObject):
                    Session.Say($"{indent}{name}: {list.Count}");
                    break;
                case JsonValue text when text.TryGetValue<string>(out var s) && s.Contains('\n'):
                    Session.Say($"{indent}{name}:");
                    Array.ForEach(s.TrimEnd().Split('\n'), line => Console.WriteLine($"{indent}  {Tui.Core.SafeText.Line(line)}"));
                    break;
                default:
                    Session.Say($"{indent}{name}: {(value as JsonArray is { } a ? string.Join(", ", a.Select(i => i?.ToString())) : value.ToString())}");
                    break;
            }
        }
    }
}
