using System.Text;
using System.Text.Json;

namespace Appliance.Domain.Audit.Exports;

/// <summary>What every export says of the log that it was taken from.</summary>
/// <param name="Origin">The log's name in its checkpoints.</param>
/// <param name="Checkpoint">The signed note that covers every exported record.</param>
public sealed record ExportHead(string Origin, string Checkpoint);

/// <summary>Writes records in a form that other programs read. Whatever the form, the covering checkpoint goes with it.</summary>
public static class AuditExport
{
    private static readonly Dictionary<string, (string ContentType, Action<Stream, ExportHead, IEnumerable<AuditFact>> Write)> Forms = new()
    {
        ["json"] = ("application/json", WriteJson),
        ["csv"] = ("text/csv", CsvExport.Write),
        ["cloudevents"] = ("application/cloudevents-batch+json", (stream, head, facts) => JsonArray(stream, CloudEvents.Of(head, facts))),
        ["ocsf"] = ("application/json", (stream, head, facts) => JsonArray(stream, Ocsf.Of(head, facts))),
        ["cef"] = ("text/plain", CefExport.Write),
    };

    public static IReadOnlyCollection<string> Formats => Forms.Keys;

    public static string ContentType(string format) => Forms[format].ContentType;

    /// <exception cref="KeyNotFoundException">The format is none of <see cref="Formats"/>.</exception>
    public static void Write(string format, Stream stream, ExportHead head, IEnumerable<AuditFact> facts) =>
        Forms[format].Write(stream, head, facts);

    // The bodies stand there byte by byte, so that their hashes can be computed from the export alone.
    private static void WriteJson(Stream stream, ExportHead head, IEnumerable<AuditFact> facts)
    {
        stream.Write(Encoding.UTF8.GetBytes($"{{\"origin\":{JsonSerializer.Serialize(head.Origin)},\"checkpoint\":{JsonSerializer.Serialize(head.Checkpoint)},\"records\":[\n"));
        var first = true;
        foreach (var fact in facts)
        {
            stream.Write(first ? ""u8 : ",\n"u8);
            stream.Write(fact.Body.Span);
            first = false;
        }
        stream.Write("\n]}\n"u8);
    }

    private static void JsonArray(Stream stream, IEnumerable<object> items)
    {
        var first = true;
        stream.Write("[\n"u8);
        foreach (var item in items)
        {
            stream.Write(first ? ""u8 : ",\n"u8);
            JsonSerializer.Serialize(stream, item);
            first = false;
        }
        stream.Write("\n]\n"u8);
    }
}
