using System.Globalization;

namespace Appliance.Verifier;

/// <summary>The keys of a log, one after the other: each was signed by the one before it, which was then destroyed.</summary>
internal sealed class EpochChain
{
    private readonly List<(long Opened, NoteKey Key)> _epochs = [];

    private EpochChain()
    {
    }

    /// <summary>What is wrong with the chain, or null.</summary>
    internal string? Problem { get; private init; }

    /// <summary>The notes that opened the epochs: signed statements about the log, like any checkpoint.</summary>
    internal IReadOnlyList<Note> Openings { get; private init; } = [];

    internal int Count => _epochs.Count;

    /// <param name="trusted">Keys that the auditor got; every one must be of this log.</param>
    internal static EpochChain Read(IReadOnlyList<SegmentFile> files, IReadOnlyList<NoteKey> trusted)
    {
        var rows = files.SelectMany(f => f.Epochs()).GroupBy(e => e.Id).OrderBy(g => g.Key).ToArray();
        if (rows.Length == 0)
        {
            // Version 1: one key for all.
            var only = new EpochChain { Problem = trusted.Count == 1 ? null : "the log has one key, and several were given" };
            only._epochs.Add((0, trusted[0]));
            return only;
        }
        var (openings, problem) = (new List<Note>(), default(string));
        var chain = new List<(long, NoteKey)>();
        foreach (var epoch in rows)
        {
            problem ??= Opening(epoch, chain, openings);
        }
        problem ??= trusted.Any(t => !chain.Exists(e => e.Item2.Id.AsSpan().SequenceEqual(t.Id) && e.Item2.Key.AsSpan().SequenceEqual(t.Key)))
            ? "a key that you gave is none of this log's: it was replaced by another log" : null;
        var made = new EpochChain { Problem = problem, Openings = openings };
        made._epochs.AddRange(problem is null ? chain : trusted.Select(t => (0L, t)));
        return made;
    }

    /// <summary>True when the key of the epoch has signed it in which the note's size lies; another epoch's key has no say.</summary>
    internal bool Signed(Note note)
    {
        for (var k = 0; k < _epochs.Count; k++)
        {
            var closes = k + 1 < _epochs.Count ? _epochs[k + 1].Opened : long.MaxValue;
            if (note.Size >= _epochs[k].Opened && note.Size <= closes && note.SignedBy(_epochs[k].Key))
            {
                return true;
            }
        }
        return false;
    }

    private static string? Opening(IGrouping<long, (long Id, byte[] Note)> epoch, List<(long, NoteKey)> chain, List<Note> openings)
    {
        if (epoch.Key != chain.Count + 1)
        {
            return $"epoch {chain.Count + 1} is missing";
        }
        if (epoch.Any(e => !e.Note.AsSpan().SequenceEqual(epoch.First().Note)))
        {
            return $"the segments tell different things of epoch {epoch.Key}";
        }
        if (Note.Parse(epoch.First().Note) is not { Extensions: [var name, var line] } note || name != string.Create(CultureInfo.InvariantCulture, $"epoch {epoch.Key}")
            || !line.StartsWith("key ", StringComparison.Ordinal) || TryKey(line[4..]) is not { } key)
        {
            return $"the note that opened epoch {epoch.Key} is malformed";
        }
        if (!note.SignedBy(key) || (chain.Count > 0 && (!note.SignedBy(chain[^1].Item2) || note.Size < chain[^1].Item1)))
        {
            return $"the note that opened epoch {epoch.Key} is not signed by the key before it and its own";
        }
        chain.Add((note.Size, key));
        openings.Add(note);
        return null;
    }

    private static NoteKey? TryKey(string text)
    {
        try
        {
            return NoteKey.Parse(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
