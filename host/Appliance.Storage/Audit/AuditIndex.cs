using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Appliance.Storage.Audit;

/// <summary>What somebody looks for in the log; absent fields match everything.</summary>
/// <param name="Action">An action, or the part before its dot.</param>
/// <param name="Object">An object, or what stands before one of its slashes.</param>
/// <param name="FromMs">Wall clock, ms since 1970 UTC.</param>
/// <param name="Limit">Newest records shown, 1 to 10,000.</param>
public sealed record AuditQuery(
    string? Action = null, string? Actor = null, string? Object = null, string? Decision = null, string? Rule = null, string? Subject = null,
    string? Purpose = null, string? Code = null, long? FromMs = null, long? ToMs = null, long AfterSeq = 0, int Limit = 100);

/// <summary>Finds records by their fields, in a database of its own that is made again when it is missing or damaged.</summary>
/// <remarks>It only says where to look: what is shown is read from the log. Exports and reports never ask it, for it is not signed.</remarks>
public sealed class AuditIndex : IDisposable
{
    private const int Batch = 10_000;
    private static readonly string[] Columns = ["act", "actor", "obj", "decision", "rule", "purpose", "code"];
    private readonly object _lock = new();
    private readonly string _path;
    private SqliteConnection? _database;

    /// <param name="folder">The log's folder; the index lies beside it.</param>
    public AuditIndex(string folder) => _path = new AuditFiles(folder).Index;

    /// <returns>Numbers of the newest records that match, in order.</returns>
    public IReadOnlyList<long> Search(AuditReader reader, AuditQuery query)
    {
        lock (_lock)
        {
            try
            {
                CatchUp(reader);
                return Find(query);
            }
            catch (SqliteException)
            {
                // Damaged, or of another version: it holds nothing that the log does not hold.
                Rebuild(reader);
                return Find(query);
            }
        }
    }

    /// <summary>Throws it away and makes it anew.</summary>
    public void Rebuild(AuditReader reader)
    {
        lock (_lock)
        {
            Dispose();
            foreach (var file in new[] { _path, _path + "-wal", _path + "-shm" })
            {
                File.Delete(file);
            }
            CatchUp(reader);
        }
    }

    public void Dispose()
    {
        _database?.Dispose();
        _database = null;
    }

    private void CatchUp(AuditReader reader)
    {
        _database ??= Database.OpenWriter(_path, "index");
        var (last, size) = (_database.Query("SELECT coalesce(max(seq), 0) FROM entry", r => r.GetInt64(0))[0], reader.Size);
        for (var first = last + 1; first <= size; first += Batch)
        {
            using var transaction = _database.BeginTransaction();
            foreach (var record in reader.Read(first, Math.Min(size, first + Batch - 1)).Where(r => r.Body is not null))
            {
                Add(record);
            }
            transaction.Commit();
        }
        if (size > last + Batch)
        {
            Database.Checkpoint(_database);
        }
    }

    private void Add(StoredRecord record)
    {
        using var json = JsonDocument.Parse(record.Body);
        var root = json.RootElement;
        string? Text(string name) => root.TryGetProperty(name, out var value) ? value.GetString() : null;
        _database!.Execute(
            "INSERT INTO entry (seq, ts_ms, act, actor, obj, decision, rule, purpose, code) VALUES ($seq, $ts, $act, $actor, $obj, $decision, $rule, $purpose, $code)",
            [("$seq", record.Seq), ("$ts", root.GetProperty("ts_ms").GetInt64()), .. Columns.Select(c => ("$" + c, (object?)Text(c)))]);
        foreach (var subject in root.TryGetProperty("subj", out var all) ? all.EnumerateArray() : default)
        {
            _database!.Execute("INSERT OR IGNORE INTO subject (p, seq) VALUES ($p, $seq)", ("$p", subject.GetString()), ("$seq", record.Seq));
        }
    }

    private List<long> Find(AuditQuery query)
    {
        var (where, parameters) = (new List<string> { "seq > $after" }, new List<(string, object?)> { ("$after", query.AfterSeq) });
        void Where(string name, object? value, string condition)
        {
            if (value is not null)
            {
                where.Add(condition);
                parameters.Add((name, value));
            }
        }
        Where("$act", query.Action, "(act = $act OR act >= $act || '.' AND act < $act || '/')");
        Where("$obj", query.Object, "(obj = $obj OR obj >= $obj || '/' AND obj < $obj || '0')");
        Where("$actor", query.Actor, "actor = $actor");
        Where("$decision", query.Decision, "decision = $decision");
        Where("$rule", query.Rule?.ToLowerInvariant(), "rule = $rule");
        Where("$purpose", query.Purpose, "purpose = $purpose");
        Where("$code", query.Code, "code = $code");
        Where("$from", query.FromMs, "ts_ms >= $from");
        Where("$to", query.ToMs, "ts_ms < $to");
        Where("$subject", query.Subject, "seq IN (SELECT seq FROM subject WHERE p = $subject)");
        parameters.Add(("$limit", Math.Clamp(query.Limit, 1, 10_000)));
        var found = _database!.Query(
            $"SELECT seq FROM entry WHERE {string.Join(" AND ", where)} ORDER BY seq DESC LIMIT $limit", r => r.GetInt64(0), [.. parameters]);
        found.Reverse();
        return found;
    }
}
