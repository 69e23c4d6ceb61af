using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Data.Sqlite;

namespace Appliance.Verifier;

/// <summary>Records that are not as they were written: from one to another, where it cannot be told which.</summary>
internal sealed record Fault(long First, long Last, string Why)
{
    public override string ToString() => (First == Last ? $"{First}" : $"{First}..{Last}") + $" ({Why})";
}

/// <summary>Computes a log anew, from its first record to its last, over all of its files.</summary>
/// <remarks>FORMAT.md says how; another verifier can be written from it alone. One thread reads the files, this one computes.</remarks>
internal sealed class LogCheck
{
    private const int BatchesAhead = 4;
    private readonly Tree _tree = new();
    private readonly byte[] _chain = new byte[Hash.Bytes];
    private readonly Dictionary<long, byte[]> _roots = [];
    private readonly Dictionary<long, ulong> _pruningAsked = [];
    private readonly List<(long First, long Last)> _approved = [];
    private readonly List<(long First, long Last)> _pruned = [];
    private readonly HashSet<long> _open = [];
    private readonly IReadOnlySet<long> _sizes;
    private long _lastTime = long.MinValue;
    private Fault? _suspect;

    /// <param name="sizes">Tree sizes whose roots somebody has signed.</param>
    internal LogCheck(IReadOnlySet<long> sizes) => _sizes = sizes;

    internal Fault? Fault { get; private set; }

    internal long Size => _tree.Size;

    internal long FirstGiven { get; private set; }

    internal List<(long First, long Last)> Missing { get; } = [];

    internal IReadOnlyDictionary<long, byte[]> Roots => _roots;

    internal int OpenIntents => _open.Count;

    internal int ClockSteps { get; private set; }

    internal int DeclaredClockSteps { get; private set; }

    internal IReadOnlyList<(long First, long Last)> Pruned => _pruned;

    internal void Run(IReadOnlyList<SegmentFile> files)
    {
        foreach (var file in files)
        {
            if (!Begin(file))
            {
                return;
            }
            Read(file);
            if (Fault is not null)
            {
                return;
            }
        }
        Fault = UnapprovedPruning();
    }

    // Where a file begins must be where the one before it ended; a gap is a file that is missing.
    private bool Begin(SegmentFile file)
    {
        var expected = _tree.Size + 1;
        if (!file.Sound || file.FirstSeq < expected)
        {
            Fault = new Fault(expected, expected, $"{Path.GetFileName(file.Path)} is no segment that fits here");
            return false;
        }
        if (FirstGiven == 0)
        {
            FirstGiven = file.FirstSeq;
        }
        if (file.FirstSeq > expected)
        {
            Missing.Add((expected, file.FirstSeq - 1));
            if (!_tree.Start(file.FirstSeq - 1, file.Peaks))
            {
                Fault = new Fault(file.FirstSeq, file.FirstSeq, "the tree before the segment does not fit its first number");
                return false;
            }
            file.Chain.CopyTo(_chain, 0);
            _lastTime = long.MinValue;
        }
        KeepIfSigned();
        if (!file.Chain.AsSpan().SequenceEqual(_chain))
        {
            Fault = new Fault(file.FirstSeq, file.FirstSeq, "the segment does not go on where the one before it ended");
            return false;
        }
        return true;
    }

    private void KeepIfSigned()
    {
        if (_sizes.Contains(_tree.Size))
        {
            _roots[_tree.Size] = _tree.Root();
        }
    }

    private void Read(SegmentFile file)
    {
        using var full = new BlockingCollection<Batch>(BatchesAhead);
        using var empty = new BlockingCollection<Batch>();
        Exception? damage = null;
        var reader = new Thread(() =>
        {
            try
            {
                file.Read(() => empty.TryTake(out var used) ? Clear(used) : new Batch(), full.Add);
            }
            catch (Exception e) when (e is SqliteException or InvalidOperationException)
            {
                damage = e; // an InvalidOperationException: nobody waits for batches any more
            }
            finally
            {
                full.CompleteAdding();
            }
        });
        reader.Start();
        foreach (var batch in full.GetConsumingEnumerable())
        {
            if (Fault is null)
            {
                Check(batch);
            }
            empty.Add(batch);
        }
        reader.Join();
        if (damage is not null and not SqliteException)
        {
            ExceptionDispatchInfo.Throw(damage);
        }
        Fault ??= damage is null ? _suspect : new Fault(_tree.Size + 1, _tree.Size + 1, "the file is damaged");
    }

    private static Batch Clear(Batch batch)
    {
        batch.Rows = 0;
        return batch;
    }

    private void Check(Batch batch)
    {
        Span<byte> leaf = stackalloc byte[Hash.Bytes];
        for (var row = 0; row < batch.Rows && Fault is null; row++)
        {
            var seq = _tree.Size + 1;
            if (batch.Misshapen[row] || batch.Seq[row] != seq)
            {
                Fault = _suspect ?? new Fault(seq, seq, batch.Seq[row] > seq ? $"{seq} is missing" : "the record is misshapen");
                return;
            }
            if (batch.Pruned[row])
            {
                batch.Leaf(row).CopyTo(leaf);
                Extend(_pruned, seq);
            }
            else
            {
                Hash.Leaf(batch.Body(row), leaf);
                if (!leaf.SequenceEqual(batch.Leaf(row)) || !Take(batch.Body(row), seq))
                {
                    Fault = _suspect ?? new Fault(seq, seq, "the body is not what was written");
                    return;
                }
            }
            Link(seq, leaf, batch.Chain(row));
            _tree.Add(leaf);
            KeepIfSigned();
        }
    }

    // A link that does not fit has two readings: this record was changed, or the one before it, link and all. When the next
    // link fits again either may be; when it does not, it is this record's own link that was changed.
    private void Link(long seq, ReadOnlySpan<byte> leaf, ReadOnlySpan<byte> stored)
    {
        Span<byte> expected = stackalloc byte[Hash.Bytes];
        Hash.Pair(2, _chain, leaf, expected);
        var fits = expected.SequenceEqual(stored);
        if (_suspect is not null)
        {
            Fault = fits ? _suspect : _suspect with { First = _suspect.Last, Why = "its link is not what was written" };
        }
        else if (!fits)
        {
            _suspect = new Fault(Math.Max(FirstGiven, seq - 1), seq, "a record was rewritten: its link does not fit");
        }
        stored.CopyTo(_chain);
    }

    private bool Take(ReadOnlySpan<byte> body, long seq)
    {
        var record = RecordReader.Read(body);
        if (!record.Fits || record.Seq != seq)
        {
            return false;
        }
        ClockSteps += record.TimeMs < _lastTime ? 1 : 0;
        DeclaredClockSteps += record.IsClockStep ? 1 : 0;
        _lastTime = record.TimeMs;
        if (record.IsIntent)
        {
            _open.Add(seq);
            if (record.PruneLast > 0)
            {
                _pruningAsked[seq] = record.Actor;
            }
        }
        else if (record.Closes > 0)
        {
            _open.Remove(record.Closes);
            // Two people: whoever asked cannot have approved.
            if (record.PruneApproved && _pruningAsked.TryGetValue(record.Closes, out var asked) && asked != record.Actor)
            {
                _approved.Add((record.PruneFirst, record.PruneLast));
            }
        }
        return true;
    }

    private Fault? UnapprovedPruning()
    {
        foreach (var (first, last) in _pruned)
        {
            var next = first;
            while (next <= last && _approved.Where(a => a.First <= next && a.Last >= next).Select(a => a.Last).DefaultIfEmpty(0).Max() is > 0 and var end)
            {
                next = end + 1;
            }
            if (next <= last)
            {
                return new Fault(next, next, "its body was taken away and nobody approved it");
            }
        }
        return null;
    }

    private static void Extend(List<(long First, long Last)> ranges, long seq)
    {
        if (ranges.Count > 0 && ranges[^1].Last == seq - 1)
        {
            ranges[^1] = (ranges[^1].First, seq);
        }
        else
        {
            ranges.Add((seq, seq));
        }
    }
}
