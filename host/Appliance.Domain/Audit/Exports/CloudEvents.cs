using System.Globalization;
using System.Text.Json;

namespace Appliance.Domain.Audit.Exports;

/// <summary>CloudEvents 1.0, JSON batch: an event a record, and one for the checkpoint.</summary>
internal static class CloudEvents
{
    internal static IEnumerable<object> Of(ExportHead head, IEnumerable<AuditFact> facts)
    {
        var last = DateTimeOffset.UnixEpoch;
        foreach (var f in facts)
        {
            last = f.Time;
            yield return Event(head, f.Seq.ToString(CultureInfo.InvariantCulture), f.Action, f.Time, f.Object, JsonSerializer.Deserialize<JsonElement>(f.Body.Span));
        }
        yield return Event(head, "checkpoint", "checkpoint", last, head.Origin, JsonSerializer.SerializeToElement(new { note = head.Checkpoint }));
    }

    private static Dictionary<string, object> Event(ExportHead head, string id, string type, DateTimeOffset time, string subject, JsonElement data)
    {
        var made = new Dictionary<string, object>
        {
            ["specversion"] = "1.0",
            ["id"] = id,
            ["source"] = "urn:" + head.Origin,
            ["type"] = "appliance.audit." + type,
            ["time"] = time.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
            ["datacontenttype"] = "application/json",
            ["data"] = data,
        };
        if (subject.Length > 0)
        {
            made["subject"] = subject; // must not be empty where it stands
        }
        return made;
    }
}
