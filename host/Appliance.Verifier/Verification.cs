using System.Globalization;

namespace Appliance.Verifier;

/// <summary>What the auditor brings along.</summary>
/// <param name="Checkpoints">Notes that were kept outside of the machine.</param>
/// <param name="Witnesses">Keys of witnesses whose signatures count as outside.</param>
internal sealed record Evidence(IReadOnlyList<NoteKey> Keys, IReadOnlyList<string> Checkpoints, IReadOnlyList<NoteKey> Witnesses);

/// <summary>Brings the log, its own checkpoints and the auditor's together into a verdict.</summary>
internal static class Verification
{
    private const int Ok = 0;
    private const int Failed = 4;

    internal static int Run(IReadOnlyList<SegmentFile> files, Evidence evidence, TextWriter output)
    {
        // 1 The keys, from one epoch to the next.
        var keys = EpochChain.Read(files, evidence.Keys);

        // 2 Signatures: a note of another key proves nothing, and says that something is wrong.
        var outside = evidence.Checkpoints.Select(f => (File: f, Note: Signed(File.ReadAllBytes(f), keys))).ToArray();
        foreach (var (file, _) in outside.Where(n => n.Note is null))
        {
            output.WriteLine($"checkpoint {file}: not signed by this log's key");
        }
        var inside = Inside(files, keys, out var bad);
        var witnessed = files.SelectMany(f => f.Witnesses()).Select(w => (Bytes: w, Note: Signed(w, keys))).ToArray();
        bad ??= witnessed.Any(w => w.Note is null) ? "what a witness is said to have signed is not signed by this log's key" : null;
        var counted = witnessed.Select(w => w.Note).OfType<Note>().Where(n => evidence.Witnesses.Any(n.WitnessedBy)).ToArray();
        bad ??= evidence.Witnesses.Any(k => witnessed.Any(w => w.Note is { } n && n.Lines.Any(l => l.Name == k.Name) && !n.WitnessedBy(k)))
            ? "a witness's signature is forged" : null;

        // 3 Every record, computed again.
        var fromOutside = outside.Select(n => n.Note).OfType<Note>().Concat(counted).ToArray();
        var all = fromOutside.Concat(inside).Concat(keys.Openings).Concat(witnessed.Select(w => w.Note).OfType<Note>()).ToArray();
        var log = new LogCheck(all.Select(n => n.Size).Append(0).ToHashSet());
        log.Run(files);

        // 4 Every signed size must have the root that was signed.
        // When its own checkpoints fit and the auditor's do not, a key was stolen: then only what came from outside can tell where.
        var fault = log.Fault ?? (Contradiction(log, [.. inside, .. keys.Openings]) is null ? Contradiction(log, [.. fromOutside, .. keys.Openings]) : Contradiction(log, all));
        var proven = fromOutside.Where(n => log.Roots.TryGetValue(n.Size, out var root) && root.AsSpan().SequenceEqual(n.Root)).Select(n => n.Size).DefaultIfEmpty(0).Max();
        var longest = all.Select(n => n.Size).DefaultIfEmpty(0).Max();

        // 5 The verdict.
        var wrong = fault?.ToString() ?? (keys.Problem is { } k ? $"1 ({k})" : bad is not null ? $"{Math.Max(1, proven)} ({bad})" : outside.Any(n => n.Note is null) ? "1 (a checkpoint that you gave is of another key)" : null);
        output.WriteLine(wrong is null ? "integrity: ok" : "integrity: broken at " + wrong);
        var complete = log.Missing.Count == 0 && longest <= log.Size && proven == log.Size && log.Size > 0;
        output.WriteLine("completeness: " + (longest > log.Size && log.Fault is null ? $"truncated after {log.Size}"
            : log.Missing.Count > 0 ? "missing " + Ranges(log.Missing)
            : complete ? "ok" : $"unwitnessed since {proven + 1}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"records: {log.Size}, open intents: {log.OpenIntents}, clock steps: {log.DeclaredClockSteps} declared, {log.ClockSteps} backward, pruned: {Ranges(log.Pruned)}, " +
            $"epochs: {keys.Count}, segments: {files.Count}, own checkpoints: {inside.Count}, signed up to: {inside.Where(n => n.Size <= log.Size).Select(n => n.Size).DefaultIfEmpty(0).Max()}, proven from outside up to: {proven}"));
        return wrong is null && complete ? Ok : Failed;
    }

    private static Note? Signed(byte[] note, EpochChain keys) => Note.Parse(note) is { } parsed && keys.Signed(parsed) ? parsed : null;

    private static List<Note> Inside(IReadOnlyList<SegmentFile> files, EpochChain keys, out string? bad)
    {
        var found = new List<Note>();
        bad = null;
        foreach (var file in files)
        {
            var beside = Path.ChangeExtension(file.Path, ".note");
            var notes = file.Checkpoints().Select(c => (Size: (long?)c.Size, c.Note))
                .Concat(File.Exists(beside) ? [((long?)null, File.ReadAllBytes(beside))] : Array.Empty<(long?, byte[])>());
            foreach (var (size, bytes) in notes)
            {
                if (Signed(bytes, keys) is { } note && (size is null || size == note.Size))
                {
                    found.Add(note);
                }
                else
                {
                    bad ??= $"the checkpoint {(size is null ? Path.GetFileName(beside) : $"of size {size}")} is not signed by the key of its epoch";
                }
            }
        }
        return found;
    }

    // A rewritten log fits itself: only the signed roots tell, and they tell between which of them.
    private static Fault? Contradiction(LogCheck log, IReadOnlyList<Note> notes)
    {
        long good = 0;
        foreach (var note in notes.Where(n => n.Size <= log.Size && n.Size > 0 && log.Roots.ContainsKey(n.Size)).OrderBy(n => n.Size))
        {
            if (!log.Roots[note.Size].AsSpan().SequenceEqual(note.Root))
            {
                return new Fault(Math.Min(good + 1, note.Size), note.Size, "a signed checkpoint has another root: records were rewritten");
            }
            good = note.Size;
        }
        return null;
    }

    private static string Ranges(IReadOnlyList<(long First, long Last)> ranges) => ranges.Count == 0 ? "none"
        : string.Join(' ', ranges.Take(20).Select(r => r.First == r.Last ? $"{r.First}" : $"{r.First}..{r.Last}")) + (ranges.Count > 20 ? " ..." : "");
}
