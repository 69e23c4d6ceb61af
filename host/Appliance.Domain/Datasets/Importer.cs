using Appliance.Domain.Audit;
using Appliance.Domain.Policies;
using Appliance.Domain.Privacy;

namespace Appliance.Domain.Datasets;

/// <summary>What somebody wants to import.</summary>
/// <param name="Files">Content by file name.</param>
/// <param name="DataLabels">Policy labels of the data as it comes in.</param>
public sealed record ImportRequest(
    string Name,
    IReadOnlyList<(string Name, ReadOnlyMemory<byte> Content)> Files,
    RowLayout Layout,
    string Purpose,
    string Zone,
    IReadOnlyList<string> DataLabels,
    int SplitSeed);

/// <summary>What was imported, and what was not.</summary>
/// <param name="Samples">A few redacted rows, to look at.</param>
/// <param name="Decision">The rule that allowed it, with its obligations.</param>
public sealed record ImportResult(
    DatasetVersion Dataset, IReadOnlyList<BadRow> BadRows, IReadOnlyList<string> Samples, PolicyDecision.Allow Decision);

/// <summary>Takes data in: parse, decide, record, redact, group, split, store. Raw text is never stored.</summary>
public sealed class Importer(IPolicies policies, IAuditLog audit, Redactor redactor, IDatasets datasets, TimeProvider clock)
{
    private const int SamplesMax = 3;
    private const int SampleLengthMax = 400;

    /// <exception cref="AuditUnavailableException">The log cannot be written: nothing was stored.</exception>
    public async Task<Outcome<ImportResult>> ImportAsync(
        ImportRequest request, Caller caller, CancellationToken cancellationToken)
    {
        // 1 Policy decides before a byte is read.
        var policy = policies.Current;
        var decision = PolicyEngine.Decide(policy, new PolicyRequest(
            PolicyActions.Import, request.Purpose, request.DataLabels, request.Zone, request.Zone, caller.Role, ""));
        var entry = new AuditEntry(
            AuditActions.Import, AuditPhase.Intent, caller.Id, "dataset/" + request.Name, AuditNames.Declared(policy, request.Purpose),
            decision is PolicyDecision.Allow ? "allow" : "deny", decision.Rule.ToLowerInvariant(), policy.Hash);
        if (decision is PolicyDecision.Deny deny)
        {
            await audit.AppendAsync(entry with { Phase = AuditPhase.Event, Code = "policy" });
            return new Refusal(RefusalKind.Policy, "policy", $"The policy refuses this import: {deny.Reason}.");
        }
        var allow = (PolicyDecision.Allow)decision;

        // 2 Intent on disk, or nothing is read.
        var intent = await audit.AppendAsync(entry);
        var outcome = entry with { Phase = AuditPhase.Outcome, Reference = intent.Seq };
        try
        {
            // 3 Parse, redact, group, split, store.
            var result = await StoreAsync(request, policy, allow, cancellationToken);
            if (result.Refusal is { } refusal)
            {
                await audit.AppendAsync(outcome with { Code = refusal.Code });
                return refusal;
            }
            // 4 Outcome with counts.
            await audit.AppendAsync(outcome with { Code = "ok", Counts = Counts(result.Value!.Dataset) });
            return result;
        }
        catch (DetectionFailedException e)
        {
            await audit.AppendAsync(outcome with { Code = "pii_unavailable" });
            return new Refusal(RefusalKind.Unavailable, "pii_unavailable", e.Message + " Nothing was imported.");
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            await audit.AppendAsync(outcome with { Code = e is IOException ? "storage" : "cancelled" });
            throw;
        }
    }

    private async Task<Outcome<ImportResult>> StoreAsync(
        ImportRequest request, PolicySet policy, PolicyDecision.Allow allow, CancellationToken cancellationToken)
    {
        var rows = new List<RawRow>();
        var bad = new List<BadRow>();
        foreach (var (name, content) in request.Files)
        {
            var (good, wrong) = RowParser.Parse(name, content, request.Layout);
            rows.AddRange(good);
            bad.AddRange(wrong);
        }
        var redact = allow.Obligations.Contains(Obligations.RedactInput);
        var pseudonyms = new Pseudonyms();
        var redacted = new List<(string Text, string Label)>();
        var found = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var text = Redact(row.Text, redact, policy, pseudonyms, found);
            redacted.Add((text, row.Label));
        }
        var unique = redacted.Distinct().ToArray();
        if (Problem(unique, bad) is { } problem)
        {
            return problem;
        }
        var splits = Splitter.Assign(
            [.. unique.Select(r => r.Label)], NearDuplicates.Group([.. unique.Select(r => r.Text)]), request.SplitSeed);
        var stored = unique.Select((r, k) => new StoredRow(datasets.RowId(r.Text), r.Text, r.Label, splits[k])).ToArray();
        var draft = new DatasetVersion(
            request.Name, 0, "", stored.Length, bad.Count, redacted.Count - stored.Length,
            [.. unique.Select(r => r.Label).Distinct().Order(StringComparer.Ordinal)],
            redact ? Declassified(request.DataLabels, policy) : request.DataLabels, request.Zone, request.Purpose, policy.Hash, found,
            stored.GroupBy(r => r.Split).ToDictionary(g => g.Key.ToString().ToLowerInvariant(), g => g.Count()),
            clock.GetUtcNow());
        var dataset = await datasets.AddAsync(draft, stored, cancellationToken);
        return new ImportResult(dataset, bad, Samples(redacted), allow);
    }

    // Raw text leaves Sensitive only through the redactor, or when a rule allows the import without redaction.
    private string Redact(
        Sensitive<string> text, bool redact, PolicySet policy, Pseudonyms pseudonyms, SortedDictionary<string, int> found)
    {
        if (!redact)
        {
            return RawAccess.ByPolicy(text);
        }
        var result = redactor.Redact(text, policy.Operators, pseudonyms);
        foreach (var (type, count) in result.Counts)
        {
            found[type] = found.GetValueOrDefault(type) + count;
        }
        return result.Text;
    }

    private static string[] Declassified(IReadOnlyList<string> labels, PolicySet policy) =>
        [.. labels.Select(l => l == "pii.direct" && policy.Labels.ContainsKey("pseudonymous") ? "pseudonymous" : l).Distinct()];

    private static Refusal? Problem((string Text, string Label)[] rows, List<BadRow> bad)
    {
        var first = bad.Count > 0 ? $" First problem: {bad[0].File} line {bad[0].Line}: {bad[0].Reason}." : "";
        if (rows.Length == 0)
        {
            return new Refusal(RefusalKind.Invalid, "empty_dataset", $"No usable row was found; {bad.Count} rows are bad.{first}");
        }
        return rows.Select(r => r.Label).Distinct().Count() < 2
            ? new Refusal(RefusalKind.Invalid, "one_class",
                $"All {rows.Length} rows have the same label; a classifier needs at least two. Add rows of other labels.{first}")
            : null;
    }

    // Rows rich in findings show best what the redaction does.
    private static string[] Samples(List<(string Text, string Label)> rows) =>
        [.. rows.OrderByDescending(r => r.Text.Count(c => c == '<')).Take(SamplesMax)
            .Select(r => r.Text.Length <= SampleLengthMax ? r.Text : r.Text[..SampleLengthMax] + " ...")];

    private static Dictionary<string, long> Counts(DatasetVersion d)
    {
        var counts = d.PiiByType.ToDictionary(p => "pii." + p.Key.ToLowerInvariant(), p => (long)p.Value);
        (counts["rows"], counts["bad_rows"], counts["version"]) = (d.Rows, d.BadRows, d.Version);
        return counts;
    }
}
