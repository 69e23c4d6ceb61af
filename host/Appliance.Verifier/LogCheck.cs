using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Appliance.Verifier;

/// <summary>What the log says when every record is computed again.</summary>
/// <param name="BrokenAt">First record that does not fit, or null.</param>
/// <param name="OpenIntents">Intents without an outcome.</param>
/// <param name="ClockSteps">Records whose time lies before the one before.</param>
/// <param name="Roots">Tree roots at the sizes that were asked for.</param>
internal sealed record LogState(
    long Size, long? BrokenAt, int OpenIntents, int ClockSteps, int Pruned, IReadOnlyDictionary<long, byte[]> Roots);

/// <summary>Reads a log once, from its first record to its last, and computes all of it anew.</summary>
/// <remarks>FORMAT.md says how; another verifier can be written from it alone.</remarks>
internal static class LogCheck
{
    internal static LogState Read(SqliteConnection database, IReadOnlySet<long> sizes)
    {
        using var command = database.CreateCommand();
        command.CommandText = "SELECT seq, leaf, chain, body FROM rec ORDER BY seq";
        using var reader = command.ExecuteReader();
        var peaks = new List<(int Level, byte[] Hash)>();
        var roots = new Dictionary<long, byte[]>();
        var open = new HashSet<long>();
        var chain = new byte[32];
        var (size, clockSteps, pruned, lastTime) = (0L, 0, 0, long.MinValue);
        while (reader.Read())
        {
            var stored = (byte[])reader[1];
            var body = reader.IsDBNull(3) ? null : (byte[])reader[3];
            var leaf = body is null ? stored : SHA256.HashData([0, .. body]);
            chain = SHA256.HashData([2, .. chain, .. leaf]);
            pruned += body is null ? 1 : 0;
            if (reader.GetInt64(0) != size + 1 || !leaf.AsSpan().SequenceEqual(stored) || !chain.AsSpan().SequenceEqual((byte[])reader[2])
                || (body is not null && !Fits(body, size + 1, open, ref lastTime, ref clockSteps)))
            {
                return new LogState(size, size + 1, open.Count, clockSteps, pruned, roots);
            }
            size++;
            Grow(peaks, leaf);
            if (sizes.Contains(size))
            {
                roots[size] = Root(peaks);
            }
        }
        return new LogState(size, null, open.Count, clockSteps, pruned, roots);
    }

    private static bool Fits(byte[] body, long seq, HashSet<long> open, ref long lastTime, ref int clockSteps)
    {
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 4 });
            var record = json.RootElement;
            var time = record.GetProperty("ts_ms").GetInt64();
            clockSteps += time < lastTime ? 1 : 0;
            lastTime = time;
            var phase = record.GetProperty("phase").GetString();
            if (phase == "intent")
            {
                open.Add(seq);
            }
            else if (phase == "outcome" && record.TryGetProperty("ref", out var reference))
            {
                open.Remove(reference.GetInt64());
            }
            return record.GetProperty("v").GetInt32() == 1 && record.GetProperty("seq").GetInt64() == seq;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    private static void Grow(List<(int Level, byte[] Hash)> peaks, byte[] leaf)
    {
        peaks.Add((0, leaf));
        while (peaks.Count > 1 && peaks[^1].Level == peaks[^2].Level)
        {
            var node = SHA256.HashData([1, .. peaks[^2].Hash, .. peaks[^1].Hash]);
            peaks[^2] = (peaks[^1].Level + 1, node);
            peaks.RemoveAt(peaks.Count - 1);
        }
    }

    private static byte[] Root(List<(int Level, byte[] Hash)> peaks)
    {
        var root = peaks[^1].Hash;
        for (var k = peaks.Count - 2; k >= 0; k--)
        {
            root = SHA256.HashData([1, .. peaks[k].Hash, .. root]);
        }
        return root;
    }
}
