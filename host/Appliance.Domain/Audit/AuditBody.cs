using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Appliance.Domain.Audit;

/// <summary>When and where a record is written: what the writer knows and the step does not.</summary>
/// <param name="Salt">16 random bytes, so that a pruned body cannot be guessed from its hash.</param>
/// <param name="MonotonicMilliseconds">A clock that nobody can set; it starts anew with the machine.</param>
/// <param name="Boot">Id of this boot of the machine.</param>
public readonly record struct AuditStamp(
    long Seq, ReadOnlyMemory<byte> Salt, DateTimeOffset Now, long MonotonicMilliseconds, string Boot);

/// <summary>The exact bytes of a record: canonical JSON, keys sorted, integers and ids only.</summary>
/// <remarks>Source of the form: RFC 8785, without its number rules, since every number here is an integer.</remarks>
public static class AuditBody
{
    /// <summary>The version that new records carry; the verifier knows all versions.</summary>
    public const int Version = 2;

    /// <exception cref="ArgumentException">The action is not on the list, or a count's name is no id.</exception>
    public static void Check(AuditEntry entry)
    {
        if (!AuditActions.All.ContainsKey(entry.Action.ToString()))
        {
            throw new ArgumentException("This action is not on the list of AuditActions.");
        }
        if (entry.Counts?.Keys.Any(k => k.Length == 0 || !AuditWord.Fits(k.ToLowerInvariant())) == true)
        {
            throw new ArgumentException("Only ids may name a count in the audit log.");
        }
    }

    /// <param name="entry">One that <see cref="Check"/> has passed.</param>
    public static byte[] Write(AuditEntry entry, in AuditStamp stamp)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            Write(json, "act", entry.Action);
            Write(json, "actor", entry.Actor);
            json.WriteString("boot", stamp.Boot);
            Write(json, "code", entry.Code);
            WriteCounts(json, entry.Counts);
            Write(json, "decision", entry.Decision);
            Write(json, "dur_us", entry.Microseconds);
            Write(json, "from", entry.From);
            json.WriteNumber("mono_ms", stamp.MonotonicMilliseconds);
            Write(json, "obj", entry.Object);
            json.WriteString("phase", entry.Phase switch
            {
                AuditPhase.Intent => "intent",
                AuditPhase.Outcome => "outcome",
                _ => "event",
            });
            Write(json, "policy", entry.Policy);
            Write(json, "purpose", entry.Purpose);
            Write(json, "ref", entry.Reference);
            Write(json, "role", entry.Role);
            Write(json, "rule", entry.Rule);
            json.WriteString("salt", Convert.ToHexStringLower(stamp.Salt.Span));
            json.WriteNumber("seq", stamp.Seq);
            WriteSubjects(json, entry.Subjects);
            json.WriteNumber("ts_ms", stamp.Now.ToUnixTimeMilliseconds());
            json.WriteNumber("v", Version);
            Write(json, "zone", entry.Zone);
            json.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, string name, AuditWord word)
    {
        var text = word.ToString();
        if (text.Length > 0)
        {
            json.WriteString(name, text);
        }
    }

    private static void Write(Utf8JsonWriter json, string name, long number)
    {
        if (number != 0)
        {
            json.WriteNumber(name, number);
        }
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<AuditWord>? words)
    {
        if (words is not { Count: > 0 })
        {
            return;
        }
        json.WriteStartArray(name);
        foreach (var word in words.Take(AuditEntry.IdsMax))
        {
            json.WriteStringValue(word.ToString());
        }
        json.WriteEndArray();
    }

    // Few people are named by their pseudonyms; of many only the number and a hash of the sorted set.
    private static void WriteSubjects(Utf8JsonWriter json, IReadOnlyList<AuditWord>? subjects)
    {
        if (subjects is { Count: > AuditEntry.IdsMax })
        {
            var set = string.Join('\n', subjects.Select(s => s.ToString()).Order(StringComparer.Ordinal));
            json.WriteNumber("subj_count", subjects.Count);
            json.WriteString("subj_set", Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(set))));
            return;
        }
        Write(json, "subj", subjects);
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
            json.WriteNumber(name.ToLowerInvariant(), value);
        }
        json.WriteEndObject();
    }
}
