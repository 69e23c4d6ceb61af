using System.Text.Json;

namespace Appliance.Verifier;

/// <summary>What the verifier needs to know of a record.</summary>
/// <param name="PruneFirst">With <paramref name="PruneLast"/>: the range that an approved pruning names, or 0.</param>
internal readonly record struct Record(
    bool Fits, long Seq, long TimeMs, bool IsIntent, long Closes, bool IsClockStep, long PruneFirst, long PruneLast, bool PruneApproved, ulong Actor);

/// <summary>Reads a body without building anything: ten million of them pass here.</summary>
internal static class RecordReader
{
    internal static Record Read(ReadOnlySpan<byte> body)
    {
        try
        {
            return Fields(body);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return default;
        }
    }

    private static Record Fields(ReadOnlySpan<byte> body)
    {
        var json = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 4 });
        long version = 0, seq = 0, time = -1, reference = 0, first = 0, last = 0;
        bool intent = false, outcome = false, phase = false, clock = false, prune = false, ok = false, allow = false;
        ulong actor = 0;
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            return default;
        }
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("v"u8)) { json.Read(); version = json.GetInt64(); }
            else if (json.ValueTextEquals("seq"u8)) { json.Read(); seq = json.GetInt64(); }
            else if (json.ValueTextEquals("ts_ms"u8)) { json.Read(); time = json.GetInt64(); }
            else if (json.ValueTextEquals("ref"u8)) { json.Read(); reference = json.GetInt64(); }
            else if (json.ValueTextEquals("phase"u8))
            {
                json.Read();
                (phase, intent, outcome) = (true, json.ValueTextEquals("intent"u8), json.ValueTextEquals("outcome"u8));
            }
            else if (json.ValueTextEquals("act"u8))
            {
                json.Read();
                (clock, prune) = (json.ValueTextEquals("sys.clock-step"u8), json.ValueTextEquals("audit.prune"u8));
            }
            else if (json.ValueTextEquals("code"u8)) { json.Read(); ok = json.ValueTextEquals("ok"u8); }
            else if (json.ValueTextEquals("decision"u8)) { json.Read(); allow = json.ValueTextEquals("allow"u8); }
            else if (json.ValueTextEquals("actor"u8)) { json.Read(); actor = Fingerprint(json.ValueSpan); }
            else if (json.ValueTextEquals("counts"u8)) { json.Read(); ReadCounts(ref json, ref first, ref last); }
            else { json.Read(); json.Skip(); }
        }
        var whole = json.TokenType == JsonTokenType.EndObject && json.BytesConsumed == body.Length;
        return new Record(whole && (version is 1 or 2) && phase && time >= 0, seq, time, intent, outcome ? reference : 0, clock,
            prune ? first : 0, prune ? last : 0, prune && outcome && ok && allow, actor);
    }

    // FNV-1a: only to tell whether two people are the same one.
    private static ulong Fingerprint(ReadOnlySpan<byte> text)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in text)
        {
            hash = (hash ^ b) * 1099511628211UL;
        }
        return hash;
    }

    private static void ReadCounts(ref Utf8JsonReader json, ref long first, ref long last)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var (isFirst, isLast) = (json.ValueTextEquals("first"u8), json.ValueTextEquals("last"u8));
            json.Read();
            var value = json.GetInt64();
            first = isFirst ? value : first;
            last = isLast ? value : last;
        }
    }
}
