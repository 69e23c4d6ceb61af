using System.Text.Json;

namespace Appliance.Domain.Audit;

/// <summary>A record of any version, read back from its body.</summary>
/// <param name="Body">The exact bytes, for whoever wants to check them.</param>
public sealed record AuditFact(
    long Seq, DateTimeOffset Time, string Phase, string Action, string Actor, string Role, string Object, string Purpose, string Decision,
    string Rule, string Policy, string Code, long Reference, string Zone, IReadOnlyList<string> From, IReadOnlyList<string> Subjects,
    IReadOnlyDictionary<string, long> Counts, long Microseconds, ReadOnlyMemory<byte> Body)
{
    /// <summary>True for a record that says how something ended.</summary>
    public bool IsEnd => Phase != "intent";

    /// <exception cref="JsonException">The body is no record: the log is damaged, check it with appliance-verify.</exception>
    public static AuditFact Read(ReadOnlyMemory<byte> body)
    {
        using var json = JsonDocument.Parse(body);
        var root = json.RootElement;
        string Text(string name) => root.TryGetProperty(name, out var value) ? value.GetString()! : "";
        long Number(string name) => root.TryGetProperty(name, out var value) ? value.GetInt64() : 0;
        string[] Words(string name) => root.TryGetProperty(name, out var value) ? [.. value.EnumerateArray().Select(v => v.GetString()!)] : [];
        return new AuditFact(
            Number("seq"), DateTimeOffset.FromUnixTimeMilliseconds(Number("ts_ms")), Text("phase"), Text("act"), Text("actor"), Text("role"),
            Text("obj"), Text("purpose"), Text("decision"), Text("rule"), Text("policy"), Text("code"), Number("ref"), Text("zone"),
            Words("from"), Words("subj"),
            root.TryGetProperty("counts", out var counts) ? counts.EnumerateObject().ToDictionary(c => c.Name, c => c.Value.GetInt64()) : [],
            Number("dur_us"), body);
    }
}
