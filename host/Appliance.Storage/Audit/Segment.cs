using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Appliance.Storage.Audit;

/// <summary>An intent that nothing has closed yet.</summary>
public readonly record struct OpenIntent(long Seq, string Action, string Object);

/// <summary>What a segment begins with: where the one before it ended.</summary>
/// <param name="Chain">The chain before the first record, 32 bytes.</param>
/// <param name="Peaks">The tree before the first record.</param>
/// <param name="Carried">Intents that were open; <paramref name="Epochs"/> all keys so far; <paramref name="Witnesses"/> the last cosignature.</param>
internal sealed record SegmentStart(
    long Id, long FirstSeq, byte[] Chain, byte[] Peaks, long Now, IReadOnlyList<OpenIntent> Carried,
    IReadOnlyList<(long Id, long OpenedMs, byte[] Note)> Epochs, IReadOnlyList<(long Size, string Name, byte[] Note)> Witnesses)
{
    internal static SegmentStart First(long now) => new(1, 1, new byte[32], [], now, [], [], []);
}

/// <summary>The segment that is written: the only place that puts rows into the log.</summary>
internal sealed class Segment : IDisposable
{
    private readonly SqliteConnection _database;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _commit;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _insertNode;

    private Segment(string path)
    {
        _database = Database.OpenWriter(path, "audit");
        (_begin, _commit) = (_database.Prepare("BEGIN IMMEDIATE"), _database.Prepare("COMMIT"));
        _insert = _database.Prepare("INSERT INTO rec (seq, leaf, chain, body) VALUES ($seq, $leaf, $chain, $body)",
            ("$seq", 0L), ("$leaf", null), ("$chain", null), ("$body", null));
        _insertNode = _database.Prepare("INSERT INTO node (level, idx, h) VALUES ($level, $idx, $h)", ("$level", 0L), ("$idx", 0L), ("$h", null));
    }

    internal long Id { get; private set; }

    internal long FirstSeq { get; private set; }

    internal long OpenedMs { get; private set; }

    /// <summary>The chain before the first record.</summary>
    internal byte[] Chain { get; private set; } = new byte[32];

    /// <summary>The tree before the first record.</summary>
    internal byte[] Peaks { get; private set; } = [];

    /// <summary>Opens a segment; begins it first where it has no beginning, all or nothing.</summary>
    /// <param name="start">What to begin with; null where the segment must be there.</param>
    /// <exception cref="InvalidDataException">It has no beginning and none was given.</exception>
    internal static Segment Open(string path, Func<SegmentStart>? start = null)
    {
        var segment = new Segment(path);
        if (Headers(segment._database).Count == 0 && start is not null)
        {
            segment.Begin(start());
        }
        (segment.Id, segment.FirstSeq, segment.Chain, segment.Peaks, segment.OpenedMs) = Only(Headers(segment._database), path);
        return segment;
    }

    private void Begin(SegmentStart start)
    {
        using var transaction = Transaction();
        _database.Execute("INSERT INTO segment (id, first_seq, chain, peaks, opened_ms) VALUES ($id, $first, $chain, $peaks, $now)",
            ("$id", start.Id), ("$first", start.FirstSeq), ("$chain", start.Chain), ("$peaks", start.Peaks), ("$now", start.Now));
        foreach (var open in start.Carried)
        {
            _database.Execute("INSERT INTO carried (seq, act, obj) VALUES ($seq, $act, $obj)",
                ("$seq", open.Seq), ("$act", open.Action), ("$obj", open.Object));
        }
        foreach (var (id, opened, note) in start.Epochs)
        {
            AddEpoch(id, opened, note);
        }
        foreach (var (size, name, note) in start.Witnesses)
        {
            AddWitness(size, name, note);
        }
        transaction.Commit();
    }

    internal SegmentTransaction Transaction() => new(_database, _begin, _commit);

    internal void Add(long seq, byte[] leaf, byte[] chain, byte[] body)
    {
        _insert.Parameters[0].Value = seq;
        _insert.Parameters[1].Value = leaf;
        _insert.Parameters[2].Value = chain;
        _insert.Parameters[3].Value = body;
        _insert.ExecuteNonQuery();
    }

    internal void AddNode(int level, long index, byte[] hash)
    {
        _insertNode.Parameters[0].Value = (long)level;
        _insertNode.Parameters[1].Value = index;
        _insertNode.Parameters[2].Value = hash;
        _insertNode.ExecuteNonQuery();
    }

    internal void AddCheckpoint(long size, byte[] note) =>
        _database.Execute("INSERT OR REPLACE INTO checkpoint (size, note) VALUES ($size, $note)", ("$size", size), ("$note", note));

    internal void AddWitness(long size, string name, byte[] note) =>
        _database.Execute("INSERT OR REPLACE INTO witness (size, name, note) VALUES ($size, $name, $note)", ("$size", size), ("$name", name), ("$note", note));

    internal void AddEpoch(long id, long now, byte[] note) =>
        _database.Execute("INSERT INTO epoch (id, opened_ms, note) VALUES ($id, $now, $note)", ("$id", id), ("$now", now), ("$note", note));

    internal (long Id, long OpenedMs, byte[] Note)? LastEpoch() => Epochs() is { Count: > 0 } all ? all[^1] : null;

    internal IReadOnlyList<(long Id, long OpenedMs, byte[] Note)> Epochs() =>
        _database.Query("SELECT id, opened_ms, note FROM epoch ORDER BY id", r => (r.GetInt64(0), r.GetInt64(1), r.Blob(2)));

    internal IReadOnlyList<(long Size, string Name, byte[] Note)> Witnesses() =>
        _database.Query("SELECT size, name, note FROM witness ORDER BY size", r => (r.GetInt64(0), r.GetString(1), r.Blob(2)));

    internal IReadOnlyList<OpenIntent> Carried() =>
        _database.Query("SELECT seq, act, obj FROM carried ORDER BY seq", r => new OpenIntent(r.GetInt64(0), r.GetString(1), r.GetString(2)));

    internal long LastCheckpoint() => _database.Query("SELECT coalesce(max(size), 0) FROM checkpoint", r => r.GetInt64(0))[0];

    /// <summary>Takes the bodies of a range away; their hashes stay, and with them every proof.</summary>
    internal void Prune(long first, long last, long approvedBy)
    {
        _database.Execute("INSERT OR REPLACE INTO prune (first, last, seq) VALUES ($first, $last, $seq)", ("$first", first), ("$last", last), ("$seq", approvedBy));
        _database.Execute("UPDATE rec SET body = NULL WHERE seq BETWEEN $first AND $last AND body IS NOT NULL", ("$first", first), ("$last", last));
    }

    /// <summary>Reads every record from the first, and what it opens and closes.</summary>
    internal void Replay(Action<long, byte[], byte[], byte[]?> record)
    {
        using var command = _database.Prepare("SELECT seq, leaf, chain, body FROM rec ORDER BY seq");
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            record(reader.GetInt64(0), reader.Blob(1), reader.Blob(2), reader.IsDBNull(3) ? null : reader.Blob(3));
        }
    }

    /// <summary>Moves the write-ahead log into the file.</summary>
    internal void Settle() => Database.Checkpoint(_database);

    internal void DoNotSync() => _database.Execute("PRAGMA synchronous=NORMAL");

    /// <summary>One plain file, which can be read from a disk that nobody can write.</summary>
    internal void Finish()
    {
        Settle();
        _database.Execute("PRAGMA journal_mode=DELETE");
    }

    public void Dispose()
    {
        _begin.Dispose();
        _commit.Dispose();
        _insert.Dispose();
        _insertNode.Dispose();
        _database.Dispose();
    }

    /// <summary>What a segment says of itself.</summary>
    internal static (long Id, long FirstSeq, byte[] Chain, byte[] Peaks, long OpenedMs) Header(string path)
    {
        using var database = Database.OpenReader(path);
        return Only(Headers(database), path);
    }

    private static List<(long Id, long FirstSeq, byte[] Chain, byte[] Peaks, long OpenedMs)> Headers(SqliteConnection database) => database.Query(
        "SELECT id, first_seq, chain, peaks, opened_ms FROM segment", r => (r.GetInt64(0), r.GetInt64(1), r.Blob(2), r.Blob(3), r.GetInt64(4)));

    private static T Only<T>(List<T> rows, string path) => rows is [var only] ? only : throw new InvalidDataException($"{path} is no segment of an audit log.");

    /// <summary>The last number and chain of a sealed segment.</summary>
    internal static (long Seq, byte[] Chain) End(string path)
    {
        using var database = Database.OpenReader(path);
        return database.Query("SELECT seq, chain FROM rec ORDER BY seq DESC LIMIT 1", r => (r.GetInt64(0), r.Blob(1))) is [var only]
            ? only : throw new InvalidDataException($"{path} holds no record.");
    }

    /// <summary>What a record's body opens or closes; null for what happened at once.</summary>
    internal static (OpenIntent? Opens, long Closes)? Follow(long seq, ReadOnlySpan<byte> body)
    {
        var intent = body.IndexOf("\"phase\":\"intent\""u8) >= 0;
        if (!intent && body.IndexOf("\"ref\":"u8) < 0)
        {
            return null;
        }
        var reader = new Utf8JsonReader(body);
        using var json = JsonDocument.ParseValue(ref reader);
        if (!intent)
        {
            return (null, json.RootElement.GetProperty("ref").GetInt64());
        }
        var target = json.RootElement.TryGetProperty("obj", out var found) ? found.GetString()! : "";
        return (new OpenIntent(seq, json.RootElement.GetProperty("act").GetString()!, target), 0);
    }
}
