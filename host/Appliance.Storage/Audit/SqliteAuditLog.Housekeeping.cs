using Appliance.Domain.Audit;
using Microsoft.Data.Sqlite;

namespace Appliance.Storage.Audit;

/// <summary>What the writer does between two groups: sign, seal, change keys, watch the disk and the clock.</summary>
public sealed partial class SqliteAuditLog
{
    private const long ClockStepMs = 2000;

    // A crash between the sealing of a segment and the start of the next leaves none that is begun: begin it now.
    private Segment OpenSegment() => Segment.Open(_files.Open, () => _files.SealedSegments() is { Count: > 0 } done ? AfterSealed(done[^1].Path) : SegmentStart.First(Now()));

    private SegmentStart AfterSealed(string path)
    {
        SegmentStart? next = null;
        InSealed(path, last =>
        {
            var (tree, chain, open) = (new MerkleTree(last.FirstSeq - 1, last.Peaks), last.Chain, last.Carried().ToDictionary(c => c.Seq));
            last.Replay((seq, leaf, stored, body) =>
            {
                tree.Add(leaf);
                chain = stored;
                Follow(open, seq, body);
            });
            next = After(last, tree, chain, open.Values);
        });
        return next!; // made above
    }

    // A sealed segment is read-only, for its owner too: the two who must open it anew do it here, and leave it as it was.
    private static void InSealed(string path, Action<Segment> work)
    {
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using (var segment = Segment.Open(path))
        {
            work(segment);
            segment.Finish();
        }
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
    }

    private SegmentStart After(Segment last, MerkleTree tree, byte[] chain, IEnumerable<OpenIntent> open) => new(
        last.Id + 1, tree.Size + 1, chain, tree.Peaks, Now(), [.. open.OrderBy(o => o.Seq)], last.Epochs(), [.. last.Witnesses().TakeLast(1)]);

    private void Replay()
    {
        if (_files.SealedSegments() is { Count: > 0 } done && Segment.End(done[^1].Path) is var (last, chain)
            && (last + 1 != _segment.FirstSeq || !chain.AsSpan().SequenceEqual(_segment.Chain) || done[^1].Id + 1 != _segment.Id))
        {
            throw Broken(_segment.FirstSeq);
        }
        foreach (var carried in _segment.Carried())
        {
            _open[carried.Seq] = carried;
        }
        _segment.Replay((seq, stored, chained, body) =>
        {
            var leaf = body is null ? stored : MerkleTree.Leaf(body);
            _chain = MerkleTree.Chain(_chain, leaf);
            if (seq != _tree.Size + 1 || !_chain.AsSpan().SequenceEqual(chained))
            {
                throw Broken(_tree.Size + 1);
            }
            _tree.Add(leaf);
            Follow(_open, seq, body);
        });
        _checkpointed = _segment.LastCheckpoint();
        if (_checkpointed > _tree.Size)
        {
            throw new InvalidDataException(
                $"The audit log has {_tree.Size} records but a checkpoint of {_checkpointed}: its tail was cut. Call the auditor.");
        }
    }

    private InvalidDataException Broken(long seq) =>
        new($"The audit log is broken at record {seq}. Keep the files, call the auditor, and run: appliance-verify {Folder}");

    private static void Follow(Dictionary<long, OpenIntent> open, long seq, byte[]? body)
    {
        if (body is null || Segment.Follow(seq, body) is not var (opens, closes))
        {
            return;
        }
        open.Remove(closes);
        if (opens is { } intent)
        {
            open[seq] = intent;
        }
    }

    private void Housekeep()
    {
        if (_clock.GetElapsedTime(_housekept) < HousekeepEvery && !Blocked)
        {
            return;
        }
        _housekept = _clock.GetTimestamp();
        if (Blocked)
        {
            Unblock();
            return;
        }
        if (_disk.Level() == DiskLevel.Stop)
        {
            Block(Blockage.Full);
            return;
        }
        if (_tree.Size > _checkpointed && _clock.GetElapsedTime(_signedAt).TotalSeconds >= _options.CheckpointSeconds)
        {
            Sign();
        }
        if (_tree.Size - _settled >= RecordsPerSettle)
        {
            _segment.Settle();
            _settled = _tree.Size;
        }
        var age = TimeSpan.FromMilliseconds(Now() - _segment.OpenedMs);
        if (_tree.Size - _segment.FirstSeq + 1 >= _options.SegmentRecords || age.TotalHours >= _options.SegmentHours)
        {
            Seal();
        }
        if (_tree.Size - _keys.OpenedSize >= _options.EpochRecords || TimeSpan.FromMilliseconds(Now() - _keys.OpenedMs).TotalDays >= _options.EpochDays)
        {
            Rotate();
        }
    }

    // 1 a record that says so, 2 signed and settled into one file, 3 renamed, 4 the next begun, 5 read-only with its note.
    private void Seal()
    {
        // Readers finish first: a file that is renamed under them would be read with the next one's write-ahead log.
        if (_tree.Size < _segment.FirstSeq || !_readers.TryClose())
        {
            return;
        }
        try
        {
            var (id, first) = (_segment.Id, _segment.FirstSeq);
            Say(new AuditEntry(AuditActions.Seal, AuditPhase.Event, "host", $"segment/{id}", Code: "ok",
                Counts: new Dictionary<string, long> { ["first"] = first, ["last"] = _tree.Size + 1 }));
            var note = Sign();
            var next = After(_segment, _tree, _chain, _open.Values);
            _segment.Finish();
            _segment.Dispose();
            File.Move(_files.Open, _files.Sealed(id));
            DurableFile.Replace(_files.NoteOf(id), note, (file, content) => file.Write(content));
            _segment = Segment.Open(_files.Open, () => next);
            Folders.Sync(_files.Folder);
            File.SetUnixFileMode(_files.Sealed(id), UnixFileMode.UserRead);
            _settled = _tree.Size;
        }
        finally
        {
            _readers.Open();
        }
        OnSealed?.Invoke();
    }

    private void Rotate()
    {
        Sign();
        _keys.Rotate(_segment, _tree, Now());
        Say(new AuditEntry(AuditActions.Epoch, AuditPhase.Event, "host", $"audit-epoch/{_keys.Id}", Code: "ok"));
        Sign();
    }

    private int Prune(long first, long last, long approvedBy)
    {
        Sign();
        var touched = 0;
        foreach (var (_, path) in _files.SealedSegments())
        {
            var (from, to) = (Segment.Header(path).FirstSeq, Segment.End(path).Seq);
            if (from > last || to < first)
            {
                continue;
            }
            InSealed(path, segment => segment.Prune(Math.Max(first, from), Math.Min(last, to), approvedBy));
            touched++;
        }
        if (last >= _segment.FirstSeq)
        {
            _segment.Prune(Math.Max(first, _segment.FirstSeq), last, approvedBy);
            _segment.Settle();
            touched++;
        }
        return touched;
    }

    private void Say(AuditEntry entry) => Write([new AuditCommand(entry)]);

    // The ballast goes, so that there is room for one last record: that nothing is recorded from here on.
    private void Block(Blockage why)
    {
        if (Blocked)
        {
            return;
        }
        _blocked = why;
        try
        {
            _disk.Drop();
            Say(new AuditEntry(AuditActions.Blocked, AuditPhase.Event, "host", "audit/log", Code: why.Code));
        }
        catch (Exception e) when (e is SqliteException or IOException)
        {
            // Not even that: the record of the end of the block tells both.
        }
    }

    private void Unblock()
    {
        try
        {
            if (_disk.Recovered())
            {
                Say(new AuditEntry(AuditActions.Unblocked, AuditPhase.Event, "host", "audit/log", Code: "ok"));
                _disk.Load();
                _blocked = null;
            }
        }
        catch (Exception e) when (e is SqliteException or IOException)
        {
            // Still no room: asked again when the writer looks next.
        }
    }

    // The wall clock against the one that nobody can set: when they part, the log says by how much, before it goes on.
    private long NoteClockStep(ref byte[] chain, MerkleTree tree)
    {
        var offset = Now() - Monotonic();
        if (_offset is { } before && Math.Abs(offset - before) > ClockStepMs)
        {
            Put(new AuditEntry(AuditActions.ClockStep, AuditPhase.Event, "host", "host/clock", Code: offset > before ? "forward" : "backward",
                Counts: new Dictionary<string, long> { ["step_ms"] = offset - before }), ref chain, tree);
        }
        return offset;
    }
}
