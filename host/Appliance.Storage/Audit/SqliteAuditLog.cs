using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using Appliance.Domain.Audit;
using Microsoft.Data.Sqlite;

namespace Appliance.Storage.Audit;

/// <summary>The audit log on disk: one writer, records grouped by what arrives while the disk is busy.</summary>
/// <remarks>
/// A record is acknowledged after its transaction is synced. Any failure to write ends the group with
/// <see cref="AuditUnavailableException"/>, and the log stays blocked until a write succeeds again. After a failed fsync the
/// kernel may have dropped pages: then the process must end and verify at its next start.
/// </remarks>
public sealed class SqliteAuditLog : IAuditLog, IAsyncDisposable
{
    private const int DiskBroken = 10; // SQLITE_IOERR
    private const int DiskFull = 13; // SQLITE_FULL
    private const int GroupMax = 64;
    private const int QueueMax = 4096;
    private const int RecordsPerCheckpoint = 1000;
    private static readonly TimeSpan AcknowledgeWithin = TimeSpan.FromSeconds(2);
    private readonly SqliteConnection _database;
    private readonly TimeProvider _clock;
    private readonly SignedNote _note;
    private readonly string _boot;
    private readonly Action? _onBrokenDisk;
    private readonly MerkleTree _tree = new();
    private readonly Dictionary<long, (string Action, string Object)> _open = [];
    private readonly Channel<Pending> _queue = Channel.CreateBounded<Pending>(QueueMax);
    private readonly Task _writer;
    private byte[] _chain = new byte[32];
    private long _checkpointed;

    /// <param name="path">The database; made when missing.</param>
    /// <param name="origin">Name of this log in its checkpoints, such as <c>appliance/HOST/audit</c>.</param>
    /// <param name="boot">Id of this boot of the machine.</param>
    /// <param name="onBrokenDisk">Called after a failed read, write or sync: the process must end, and check the log when it starts.</param>
    /// <exception cref="InvalidDataException">The log on disk is broken: it must be looked at before anything runs.</exception>
    public SqliteAuditLog(
        string path, string origin, byte[] signingKey, string boot, TimeProvider clock, Action? onBrokenDisk = null)
    {
        Path = path;
        (_clock, _boot, _onBrokenDisk) = (clock, boot, onBrokenDisk);
        _note = new SignedNote(origin, signingKey);
        _database = Database.OpenWriter(path, "audit");
        Replay();
        _writer = Task.Run(WriteAsync);
    }

    public string Path { get; }

    public string PublicKey => _note.PublicKey;

    public long Size => _tree.Size;

    /// <summary>True while records cannot be written; nothing is served then.</summary>
    public bool Blocked { get; private set; }

    /// <summary>Intents that no outcome closed when the log was opened: what was under way when the service last died.</summary>
    public IReadOnlyList<(long Seq, string Action, string Object)> Orphans =>
        [.. _open.OrderBy(o => o.Key).Select(o => (o.Key, o.Value.Action, o.Value.Object))];

    public async Task<AuditRecord> AppendAsync(AuditEntry entry)
    {
        var pending = new Pending(entry);
        if (!_queue.Writer.TryWrite(pending))
        {
            throw new AuditUnavailableException("its queue is full");
        }
        try
        {
            return await pending.Done.Task.WaitAsync(AcknowledgeWithin, _clock);
        }
        catch (TimeoutException)
        {
            throw new AuditUnavailableException("the disk did not answer in time");
        }
    }

    /// <summary>Signs the log as it is now; done every 1,000 records, at start, at stop, and when an auditor asks.</summary>
    public async Task<byte[]> CheckpointAsync()
    {
        var pending = new Pending(null);
        if (!_queue.Writer.TryWrite(pending))
        {
            throw new AuditUnavailableException("its queue is full");
        }
        await pending.Done.Task.WaitAsync(AcknowledgeWithin, _clock);
        return pending.Note!;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writer;
        await _database.DisposeAsync();
    }

    private void Replay()
    {
        var expected = 1L;
        using var command = _database.Prepare("SELECT seq, leaf, chain, body FROM rec ORDER BY seq");
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var leaf = reader.IsDBNull(3) ? (byte[])reader[1] : MerkleTree.Leaf((byte[])reader[3]);
            _chain = MerkleTree.Chain(_chain, leaf);
            if (reader.GetInt64(0) != expected || !_chain.AsSpan().SequenceEqual((byte[])reader[2]))
            {
                throw new InvalidDataException(
                    $"The audit log is broken at record {expected}. Keep the file, call the auditor, and run: appliance-verify {Path}");
            }
            _tree.Add(leaf);
            if (!reader.IsDBNull(3))
            {
                Follow(expected, (byte[])reader[3]);
            }
            expected++;
        }
        _checkpointed = _database.Query("SELECT coalesce(max(size), 0) FROM checkpoint", r => r.GetInt64(0))[0];
        if (_checkpointed > _tree.Size)
        {
            throw new InvalidDataException(
                $"The audit log has {_tree.Size} records but a checkpoint of {_checkpointed}: its tail was cut. Call the auditor.");
        }
    }

    // An intent opens, its outcome closes; events do neither and are not even parsed.
    private void Follow(long seq, byte[] body)
    {
        var intent = body.AsSpan().IndexOf("\"phase\":\"intent\""u8) >= 0;
        if (!intent && body.AsSpan().IndexOf("\"ref\":"u8) < 0)
        {
            return;
        }
        using var json = JsonDocument.Parse(body);
        if (!intent)
        {
            _open.Remove(json.RootElement.GetProperty("ref").GetInt64());
            return;
        }
        var target = json.RootElement.TryGetProperty("obj", out var found) ? found.GetString()! : "";
        _open[seq] = (json.RootElement.GetProperty("act").GetString()!, target);
    }

    private async Task WriteAsync()
    {
        var group = new List<Pending>(GroupMax);
        while (await _queue.Reader.WaitToReadAsync())
        {
            group.Clear();
            while (group.Count < GroupMax && _queue.Reader.TryRead(out var pending))
            {
                group.Add(pending);
            }
            WriteGroup(group);
        }
    }

    // The tree and the chain move only after the commit: a failed group leaves no trace in them.
    private void WriteGroup(List<Pending> group)
    {
        try
        {
            using var transaction = _database.BeginTransaction();
            var (chain, seq) = (_chain, _tree.Size);
            var written = new List<byte[]>();
            foreach (var pending in group.Where(p => p.Entry is not null))
            {
                var body = AuditBody.Write(
                    pending.Entry!, ++seq, RandomNumberGenerator.GetBytes(16), _clock.GetUtcNow(), Environment.TickCount64, _boot);
                var leaf = MerkleTree.Leaf(body);
                chain = MerkleTree.Chain(chain, leaf);
                _database.Execute(
                    "INSERT INTO rec (seq, leaf, chain, body) VALUES ($seq, $leaf, $chain, $body)",
                    ("$seq", seq), ("$leaf", leaf), ("$chain", chain), ("$body", body));
                written.Add(leaf);
                pending.Seq = seq;
            }
            transaction.Commit();
            _chain = chain;
            written.ForEach(_tree.Add);
            SignIfDue(group);
            Blocked = false;
            group.ForEach(p => p.Done.TrySetResult(new AuditRecord(p.Seq)));
        }
        catch (SqliteException e)
        {
            Blocked = true;
            var reason = e.SqliteErrorCode == DiskFull ? "the disk is full" : $"SQLite error {e.SqliteErrorCode}";
            group.ForEach(p => p.Done.TrySetException(new AuditUnavailableException(reason)));
            if (e.SqliteErrorCode == DiskBroken)
            {
                _onBrokenDisk?.Invoke();
            }
        }
    }

    private void SignIfDue(List<Pending> group)
    {
        var asked = group.Where(p => p.Entry is null).ToArray();
        if (asked.Length == 0 && _tree.Size - _checkpointed < RecordsPerCheckpoint)
        {
            return;
        }
        var note = _note.Write(_tree.Size, _tree.Root());
        _database.Execute(
            "INSERT OR REPLACE INTO checkpoint (size, note) VALUES ($size, $note)", ("$size", _tree.Size), ("$note", note));
        Database.Checkpoint(_database);
        _checkpointed = _tree.Size;
        foreach (var pending in asked)
        {
            pending.Note = note;
        }
    }

    private sealed class Pending(AuditEntry? entry)
    {
        internal AuditEntry? Entry { get; } = entry;

        internal TaskCompletionSource<AuditRecord> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal long Seq { get; set; }

        internal byte[]? Note { get; set; }
    }
}
