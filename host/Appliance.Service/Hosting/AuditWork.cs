using System.Globalization;
using System.Text;
using Appliance.Domain;
using Appliance.Domain.Audit;
using Appliance.Domain.Audit.Exports;
using Appliance.Domain.Audit.Reports;
using Appliance.Domain.Policies;
using Appliance.Storage.Audit;

namespace Appliance.Service.Hosting;

/// <summary>A checkpoint and the number of records that it covers.</summary>
internal sealed record Taken(string Origin, string Checkpoint, long Size);

/// <summary>What is done with the log itself; each step is a record in it, before anything leaves.</summary>
internal sealed class AuditWork(SqliteAuditLog log, AuditIndex index, AuditOptions options, IPolicies policies, TimeProvider clock)
{
    private const int FactsMax = 250_000; // about 400 MB while the page is written

    internal Task<AuditRecord> SayAsync(string action, Caller caller, AuditWord target, Dictionary<string, long>? counts = null) =>
        log.AppendAsync(new AuditEntry(action, AuditPhase.Event, caller.Id, target, Decision: "allow", Code: "ok", Counts: counts) { Role = caller.Role });

    /// <summary>Records that somebody takes something, then signs: the checkpoint covers that record too.</summary>
    internal async Task<Taken> TakeAsync(string action, Caller caller, AuditWord target)
    {
        await SayAsync(action, caller, target);
        var note = Encoding.UTF8.GetString(await log.CheckpointAsync());
        var lines = note.Split('\n');
        return new Taken(lines[0], note, long.Parse(lines[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Writes records of a time in a format; read from the log itself, not from the index.</summary>
    internal Task ExportAsync(Stream stream, string format, Taken taken, long fromMs, long toMs) => Task.Run(() =>
    {
        using var reader = log.Reader();
        using var buffered = new BufferedStream(stream, 1 << 16);
        AuditExport.Write(format, buffered, new ExportHead(taken.Origin, taken.Checkpoint), Facts(reader, taken.Size, fromMs, toMs));
        buffered.Flush();
    });

    internal Outcome<string> Report(string kind, Taken taken, string language, long fromMs, long toMs, string? subject, string? target)
    {
        using var reader = log.Reader();
        var facts = Facts(reader, taken.Size, fromMs, toMs).Take(FactsMax + 1).ToArray();
        if (facts.Length > FactsMax)
        {
            return new Refusal(RefusalKind.Invalid, "too_long", $"Over {FactsMax} records: choose a shorter time with --from and --to.");
        }
        var report = ReportKinds.Make(kind, new ReportRequest(facts, policies.Current, clock.GetUtcNow(), options.KeepDays, subject, target));
        return ReportPage.Html(report, new ReportSource(
            taken.Origin, taken.Checkpoint, facts.Length > 0 ? facts[0].Seq : 0, facts.Length > 0 ? facts[^1].Seq : 0, clock.GetUtcNow()), language);
    }

    /// <summary>A C2SP tlog-proof: the record, its place, the hashes beside it, and the checkpoint that they lead to.</summary>
    internal async Task<string?> ProveAsync(Caller caller, long seq)
    {
        var taken = await TakeAsync(AuditActions.Prove, caller, $"audit/{Math.Max(0, seq)}");
        using var reader = log.Reader();
        if (seq < 1 || seq > taken.Size || reader.Find(seq) is not { } record)
        {
            return null;
        }
        var path = new Proofs(reader).Inclusion(seq - 1, taken.Size);
        return "c2sp.org/tlog-proof@v1\n" + (record.Body is { } body ? $"extra {Convert.ToBase64String(body)}\n" : "")
            + $"index {seq - 1}\n" + Lines(path) + "\n" + taken.Checkpoint;
    }

    /// <summary>What a witness needs, as C2SP tlog-witness has it: the old size, the proof from it to now, the checkpoint.</summary>
    internal async Task<string?> WitnessRequestAsync(Caller caller, long? since)
    {
        var taken = await TakeAsync(AuditActions.Witness, caller, "audit/log");
        var old = since ?? log.WitnessedSize;
        if (old < 0 || old > taken.Size)
        {
            return null;
        }
        using var reader = log.Reader();
        var path = old is 0 || old == taken.Size ? [] : new Proofs(reader).Consistency(old, taken.Size);
        return $"old {old}\n" + Lines(path) + "\n" + taken.Checkpoint;
    }

    internal async Task<Outcome<WitnessKept>> AddWitnessAsync(Caller caller, string note)
    {
        var lines = note.Split('\n');
        var names = lines.Where(l => l.StartsWith("\u2014 ", StringComparison.Ordinal)).Select(l => l.Split(' ')[1]).ToArray();
        using var reader = log.Reader();
        if (lines.Length < 5 || lines[0] != reader.PublicKeys()[0].Split('+')[0] || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            || size < 1 || size > log.Size || lines[2] != Convert.ToBase64String(new Proofs(reader).Root(size)) || names.FirstOrDefault(n => n != lines[0]) is not { } witness || !AuditWord.Fits(witness))
        {
            return new Refusal(RefusalKind.Invalid, "witness", "This is no checkpoint of this log with a witness's line. Send what `appliance-verify witness` printed.");
        }
        await log.AddWitnessAsync(size, witness, Encoding.UTF8.GetBytes(note));
        await SayAsync(AuditActions.Witness, caller, "witness/" + witness, new() { ["size"] = size });
        return new WitnessKept(witness, size);
    }

    internal async Task<Outcome<Range>> ReviewAsync(Caller caller, long first, long last)
    {
        if (first < 1 || last < first || last > log.Size)
        {
            return new Refusal(RefusalKind.Invalid, "range", $"Name a range of records, 1 to {log.Size}.");
        }
        await SayAsync(AuditActions.Review, caller, "audit/log", new() { ["first"] = first, ["last"] = last });
        return new Range(first, last);
    }

    /// <summary>Two people: one asks for everything before a day, another approves the number of that record.</summary>
    internal Task<Outcome<Range>> PruneAsync(Caller caller, long? before, long? approve) => (before, approve) switch
    {
        ({ } day, null) => AskToPruneAsync(caller, day),
        (null, { } asked) => ApprovePruneAsync(caller, asked),
        _ => Task.FromResult<Outcome<Range>>(new Refusal(RefusalKind.Invalid, "prune", "Give either --before DAY, to ask, or --approve NUMBER, to approve what somebody else asked.")),
    };

    private async Task<Outcome<Range>> AskToPruneAsync(Caller caller, long beforeMs)
    {
        if (beforeMs > clock.GetUtcNow().AddDays(-options.KeepDays).ToUnixTimeMilliseconds())
        {
            return new Refusal(RefusalKind.Policy, "keep", $"Records keep their bodies for {options.KeepDays} days (Audit:KeepDays). Choose an earlier day.");
        }
        long last;
        using (var reader = log.Reader())
        {
            last = Facts(reader, log.Size, 0, long.MaxValue).TakeWhile(f => f.Time.ToUnixTimeMilliseconds() < beforeMs).Select(f => f.Seq).DefaultIfEmpty(0).Last();
        }
        if (last == 0)
        {
            return new Refusal(RefusalKind.NotFound, "prune", "No record with a body is older.");
        }
        var asked = await log.AppendAsync(new AuditEntry(AuditActions.Prune, AuditPhase.Intent, caller.Id, "audit/log", Rule: "audit-keep",
            Counts: new Dictionary<string, long> { ["first"] = 1, ["last"] = last })
        { Role = caller.Role });
        return new Range(1, last) { Record = asked.Seq };
    }

    private async Task<Outcome<Range>> ApprovePruneAsync(Caller caller, long seq)
    {
        AuditFact? asked;
        using (var reader = log.Reader())
        {
            asked = reader.Find(seq)?.Body is { } body ? AuditFact.Read(body) : null;
        }
        if (asked is not { Action: AuditActions.Prune, Phase: "intent" })
        {
            return new Refusal(RefusalKind.NotFound, "prune", "That record asks for no pruning. Ask with: appliance audit prune --before DAY");
        }
        var entry = new AuditEntry(AuditActions.Prune, AuditPhase.Outcome, caller.Id, "audit/log", Rule: "audit-keep", Reference: seq, Counts: asked.Counts) { Role = caller.Role };
        if (asked.Actor == caller.Id)
        {
            await log.AppendAsync(entry with { Phase = AuditPhase.Event, Reference = 0, Decision = "deny", Code = "same-person" });
            return new Refusal(RefusalKind.Policy, "four_eyes", "Whoever asked cannot approve: a second person must.");
        }
        var approved = await log.AppendAsync(entry with { Decision = "allow", Code = "ok" });
        await log.PruneAsync(asked.Counts["first"], asked.Counts["last"], approved.Seq);
        await log.CheckpointAsync();
        using var after = log.Reader();
        index.Rebuild(after);
        return new Range(asked.Counts["first"], asked.Counts["last"]) { Record = approved.Seq };
    }

    private static string Lines(IEnumerable<byte[]> hashes) => string.Concat(hashes.Select(h => Convert.ToBase64String(h) + "\n"));

    private static IEnumerable<AuditFact> Facts(AuditReader reader, long size, long fromMs, long toMs) =>
        reader.Read(1, size).Where(r => r.Body is not null).Select(r => AuditFact.Read(r.Body))
            .Where(f => f.Time.ToUnixTimeMilliseconds() >= fromMs && f.Time.ToUnixTimeMilliseconds() < toMs);

    /// <summary>What a witness has signed.</summary>
    internal sealed record WitnessKept(string Witness, long Size);

    /// <summary>Records from one number to another, and the record that says so.</summary>
    internal sealed record Range(long First, long Last)
    {
        public long Record { get; init; }
    }
}
