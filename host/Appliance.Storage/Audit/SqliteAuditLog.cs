using System.Security.Cryptography;
using Appliance.Domain.Audit;
using Microsoft.Data.Sqlite;

namespace Appliance.Storage.Audit;

/// <summary>The audit log on disk: one writer, records grouped by what arrives while the disk is busy.</summary>
/// <remarks>
/// A record is acknowledged after its transaction is synced. A failure to write blocks the log: nothing is taken until there is
/// room again. After a failed fsync the kernel may have dropped pages: then the process must end and verify at its next start.
/// </remarks>
public sealed partial class SqliteAuditLog : IAuditLog, IAsyncDisposable
{
    private const int DiskBroken = 10; // SQLITE_IOERR
    private const int DiskFull = 13; // SQLITE_FULL
    private const int Corrupt = 11; // SQLITE_CORRUPT
    private const int NoDatabase = 26; // SQLITE_NOTADB
    private const int GroupMax = 1024;
    private const int QueueMax = 8192;
    private const int RecordsPerSettle = 8192;
    private static readonly TimeSpan HousekeepEvery = TimeSpan.FromMilliseconds(50);
    private readonly AuditFiles _files;
    private readonly AuditOptions _options;
    private readonly TimeProvider _clock;
    private readonly string _boot;
    private readonly Action? _onBrokenDisk;
    private readonly Watermarks _disk;
    private readonly ReaderGate _readers = new();
    private readonly EpochKeys _keys;
    private readonly Dictionary<long, OpenIntent> _open = [];
    private readonly AuditQueue _queue = new(QueueMax);
    private readonly Thread _writer;
    private Segment _segment;
    private MerkleTree _tree;
    private byte[] _chain;
    private long _checkpointed;
    private long _signedAt;
    private long _settled;
    private long _housekept;
    private long? _offset;
    private volatile Blockage? _blocked;
    private bool _disposed;

    /// <param name="folder">Where the log lies; made when missing.</param>
    /// <param name="origin">Name of this log in its checkpoints, such as <c>appliance/HOST/audit</c>.</param>
    /// <param name="signingKey">From the master key: it seals the key of the epoch.</param>
    /// <param name="boot">Id of this boot of the machine.</param>
    /// <param name="onBrokenDisk">Called after a failed read, write or sync: the process must end, and check the log when it starts.</param>
    /// <param name="freeBytes">Free and whole bytes of the disk; null asks it.</param>
    /// <exception cref="InvalidDataException">The log on disk is broken: it must be looked at before anything runs.</exception>
    public SqliteAuditLog(
        string folder, string origin, byte[] signingKey, string boot, TimeProvider clock, AuditOptions? options = null,
        Action? onBrokenDisk = null, Func<(long Free, long Total)>? freeBytes = null)
    {
        Directory.CreateDirectory(folder);
        _files = new AuditFiles(folder);
        (_clock, _boot, _onBrokenDisk, _options) = (clock, boot, onBrokenDisk, options ?? new AuditOptions());
        _disk = new Watermarks(_files, freeBytes ?? (() => Watermarks.Of(folder)));
        try
        {
            _segment = OpenSegment();
            (_tree, _chain) = (new MerkleTree(_segment.FirstSeq - 1, _segment.Peaks), _segment.Chain);
            Replay();
            _keys = EpochKeys.Open(_files, _segment, origin, signingKey, _tree, Now());
        }
        catch (SqliteException e) when (e.SqliteErrorCode is Corrupt or NoDatabase)
        {
            throw new InvalidDataException($"A file of the audit log is damaged. Keep the files, call the auditor, and run: appliance-verify {folder}", e);
        }
        if (_options.Unsynced)
        {
            _segment.DoNotSync();
        }
        _disk.Load();
        _signedAt = _clock.GetTimestamp();
        (Size, WitnessedSize) = (_tree.Size, _segment.Witnesses().Select(w => w.Size).DefaultIfEmpty(0).Max());
        // A thread of its own: a busy pool must not hold up the one thing that everything waits for.
        _writer = new Thread(Work) { IsBackground = true, Name = "audit" };
        _writer.Start();
    }

    public string Folder => _files.Folder;

    public AuditOptions Options => _options;

    /// <summary>The public keys of all epochs, the oldest first, one a line.</summary>
    public string PublicKeys
    {
        get
        {
            using var reader = Reader();
            return string.Concat(reader.PublicKeys().Select(k => k + "\n"));
        }
    }

    public long Size { get; private set; }

    /// <summary>The size that a witness outside of the machine has signed last; 0 for never.</summary>
    public long WitnessedSize { get; private set; }

    /// <summary>True while records cannot be written; nothing is served then.</summary>
    public bool Blocked => _blocked is not null;

    /// <summary>How full the disk is.</summary>
    public DiskLevel Disk => Blocked ? DiskLevel.Stop : _disk.Level();

    /// <summary>Told of each segment that was sealed, on the writer's thread: do nothing long.</summary>
    public Action? OnSealed { get; set; }

    /// <summary>Intents that no outcome closed when the log was opened: what was under way when the service last died.</summary>
    public IReadOnlyList<OpenIntent> Orphans => [.. _open.Values.OrderBy(o => o.Seq)];

    /// <summary>Reads what is on disk; dispose it, for a segment is not sealed while somebody reads.</summary>
    public AuditReader Reader() => new(Folder, _readers.Enter());

    public async Task<AuditRecord> AppendAsync(AuditEntry entry)
    {
        AuditBody.Check(entry); // here, where a mistake is the caller's own, and not on the thread that everybody needs
        var command = new AuditCommand(entry);
        await DoAsync(command, TimeSpan.FromSeconds(_options.AcknowledgeSeconds));
        return new AuditRecord(command.Seq);
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        _queue.Close();
        await Task.Run(_writer.Join);
        _segment.Dispose();
    }

    private async Task<object?> DoAsync(AuditCommand command, TimeSpan within)
    {
        if (_blocked is { } why)
        {
            throw new AuditUnavailableException(why.Words);
        }
        if (!_queue.TryAdd(command))
        {
            throw new AuditUnavailableException("its queue is full");
        }
        try
        {
            return await command.Done.WaitAsync(within, _clock);
        }
        catch (TimeoutException)
        {
            throw new AuditUnavailableException("the disk did not answer in time");
        }
    }

    private long Now() => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private long Monotonic() => (long)(_clock.GetTimestamp() * 1000.0 / _clock.TimestampFrequency);

    private void Work()
    {
        var group = new List<AuditCommand>(GroupMax);
        while (_queue.Take(group, GroupMax, HousekeepEvery))
        {
            Run(group);
            group.Clear();
        }
    }

    // Nothing may end this thread: whoever waits is told, and the log stays closed until a write succeeds.
    private void Run(List<AuditCommand> group)
    {
        try
        {
            Housekeep();
            if (_blocked is { } why)
            {
                Fail(group, why);
                return;
            }
            WriteGroup(group);
        }
        catch (SqliteException e)
        {
            var why = e.SqliteErrorCode == DiskFull ? Blockage.Full : new Blockage($"sqlite-{e.SqliteErrorCode}", $"SQLite error {e.SqliteErrorCode}");
            Fail(group, why);
            Block(why);
            if (e.SqliteErrorCode == DiskBroken)
            {
                _onBrokenDisk?.Invoke();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            Fail(group, Blockage.File);
            Block(Blockage.File);
        }
        catch (Exception) // boundary: the writer's own mistake, such as a segment that was left between two files: only a new start repairs it
        {
            Fail(group, Blockage.Writer);
            _blocked = Blockage.Writer;
            _onBrokenDisk?.Invoke();
        }
    }

    private static void Fail(List<AuditCommand> group, Blockage why) => group.ForEach(c => c.Fail(new AuditUnavailableException(why.Words)));

    // The tree and the chain move only after the commit: a failed group leaves no trace in them.
    private void WriteGroup(List<AuditCommand> group)
    {
        var records = group.Where(c => c.Entry is not null).ToList();
        if (records.Count > 0)
        {
            Write(records);
        }
        foreach (var command in group)
        {
            command.Succeed(command.Act?.Invoke());
        }
    }

    private void Write(List<AuditCommand> records)
    {
        var (tree, chain, due, offset) = (_tree.Copy(), _chain, false, 0L);
        using (var transaction = _segment.Transaction())
        {
            offset = NoteClockStep(ref chain, tree);
            foreach (var command in records)
            {
                command.Seq = Put(command.Entry!, ref chain, tree); // records have one
            }
            due = tree.Size - _checkpointed >= _options.CheckpointRecords;
            if (due)
            {
                AddNote(tree);
            }
            transaction.Commit();
        }
        (_tree, _chain, _offset, Size) = (tree, chain, offset, tree.Size);
        (_checkpointed, _signedAt) = due ? (tree.Size, _clock.GetTimestamp()) : (_checkpointed, _signedAt);
        records.ForEach(Follow);
    }

    private void Follow(AuditCommand command)
    {
        var entry = command.Entry!; // records have one
        if (entry.Phase == AuditPhase.Intent)
        {
            _open[command.Seq] = new OpenIntent(command.Seq, entry.Action.ToString(), entry.Object.ToString());
        }
        else if (entry.Reference > 0)
        {
            _open.Remove(entry.Reference);
        }
    }

    private long Put(AuditEntry entry, ref byte[] chain, MerkleTree tree)
    {
        var seq = tree.Size + 1;
        var body = AuditBody.Write(entry, new AuditStamp(seq, RandomNumberGenerator.GetBytes(16), _clock.GetUtcNow(), Monotonic(), _boot));
        var leaf = MerkleTree.Leaf(body);
        chain = MerkleTree.Chain(chain, leaf);
        _segment.Add(seq, leaf, chain, body);
        tree.Add(leaf, _segment.AddNode);
        return seq;
    }

    private byte[] Sign()
    {
        var note = AddNote(_tree);
        (_checkpointed, _signedAt) = (_tree.Size, _clock.GetTimestamp());
        return note;
    }

    private byte[] AddNote(MerkleTree tree)
    {
        var note = _keys.Note.Write(tree.Size, tree.Root());
        _segment.AddCheckpoint(tree.Size, note);
        return note;
    }
}
