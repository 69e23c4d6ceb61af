using System.Text;
using System.Text.Json;

namespace Appliance.Domain.Audit;

/// <summary>The exact bytes of a record: canonical JSON, keys sorted, integers and ids only.</summary>
/// <remarks>Source of the form: RFC 8785, without its number rules, since every number here is an integer.</remarks>
public static class AuditBody
{
    /// <summary>The version that new records carry; the verifier knows all versions.</summary>
    public const int Version = 1;

    /// <param name="salt">16 random bytes, so that a pruned body cannot be guessed from its hash.</param>
    /// <param name="monotonicMilliseconds">Time since the machine started.</param>
    public static byte[] Write(
        AuditEntry entry, long seq, ReadOnlySpan<byte> salt, DateTimeOffset now, long monotonicMilliseconds, string boot)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            Write(json, "act", entry.Action);
            Write(json, "actor", entry.Actor);
            json.WriteString("boot", boot);
            Write(json, "code", entry.Code);
            WriteCounts(json, entry.Counts);
            Write(json, "decision", entry.Decision);
            json.WriteNumber("mono_ms", monotonicMilliseconds);
            Write(json, "obj", entry.Object);
            json.WriteString("phase", entry.Phase switch
            {
                AuditPhase.Intent => "intent",
                AuditPhase.Outcome => "outcome",
                _ => "event",
            });
            Write(json, "policy", entry.Policy);
            Write(json, "purpose", entry.Purpose);
            if (entry.Reference > 0)
            {
                json.WriteNumber("ref", entry.Reference);
            }
            Write(json, "rule", entry.Rule);
            json.WriteString("salt", Convert.ToHexStringLower(salt));
            json.WriteNumber("seq", seq);
            json.WriteNumber("ts_ms", now.ToUnixTimeMilliseconds());
            json.WriteNumber("v", Version);
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    private static void Write(Utf8JsonWriter json, string name, AuditWord word)
    {
        var text = word.ToString();
        if (text.Length > 0)
        {
            json.WriteString(name, text);
        }
    }

    private static void WriteCounts(Utf8JsonWriter json, IReadOnlyDictionary<string, long>? counts)
    {
        if (counts is not { Count: > 0 })
        {
            return;
        }
        json.WriteStartObject("counts");
        foreach (var (name, value) in counts.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            json.WriteNumber(new AuditWord(name.ToLowerInvariant()).ToString(), value);
        }
        json.WriteEndObject();
    }
}
