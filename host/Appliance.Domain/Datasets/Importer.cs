using Appliance.Domain.Audit;
using Appliance.Domain.Policies;
using Appliance.Domain.Privacy;
using Appliance.Sdk.Plugins;

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
    int SplitSeed)
{
    /// <summary>Whether files named train, dev or valid, and test are the parts; else rows are shuffled and split 70/15/15.</summary>
    public bool KeepParts { get; init; }
}

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
            AuditActions.Import, AuditPhase.Intent, caller.Id, "dataset/" + request.Name, AuditNames.Declared(policy.Purposes.Keys, request.Purpose),
            decision is PolicyDecision.Allow ? "allow" : "deny", decision.Rule.ToLowerInvariant(), policy.Hash)
        {
            Role = caller.Role,
            Zone = AuditNames.Declared(policy.Zones.Keys, request.Zone),
        };
        if (decision is PolicyDecision.Deny deny)
        {
            await audit.AppendAsync(entry with { Phase = AuditPhase.Event, Code = "policy" });
            return new Refusal(RefusalKind.Policy, "policy", $"The policy refuses this import: {deny.Reason}.");
        }
        var allow = (PolicyDecision.Allow)decision;
        if (request.Layout.ImageField is not null && Pictures.Problem(allow, request.DataLabels) is { } visible)
        {
            await audit.AppendAsync(entry with { Phase = AuditPhase.Event, Code = "pictures" });
            return visible;
        }

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
            await audit.AppendAsync(outcome with
            {
                Code = "ok",
                Object = "dataset/" + result.Value!.Dataset.Id, // no refusal: it has a value
                From = ["file/" + request.Layout.Format],
                Counts = Counts(result.Value.Dataset),
            });
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
        var layout = request.Layout;
        var (rows, wrong) = RowParser.Parse(request.Files, layout);
        var bad = wrong.ToList();
        var redact = allow.Obligations.Contains(Obligations.RedactInput);
        var redaction = new RowRedaction(redactor, redact ? policy.Redaction.For("import") : null, layout);
        var redacted = new List<RedactedRow>();
        foreach (var row in rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (redaction.Of(row) is { } done)
            {
                redacted.Add(done);
            }
            else
            {
                bad.Add(new BadRow(row.File, row.Line, "the picture is no JPEG, PNG or BMP file, or is damaged"));
            }
        }
        var (numbers, unique) = Distinct(redacted);
        var labels = Labels(unique, layout.Answer);
        if (Problem(unique, labels, request, bad) is { } problem)
        {
            return problem;
        }
        var splits = request.KeepParts
            ? [.. unique.Select(r => Splitter.Named(r.File)!.Value)] // Problem has looked
            : Splitter.Assign(
                [.. unique.Select(r => layout.Answer == AnswerKind.Class ? r.Label : "")], NearDuplicates.Group([.. unique.Select(r => r.About)]), numbers, request.SplitSeed);
        var stored = unique.Select((r, k) => new StoredRow(datasets.RowId(r.Key), r.Fields, r.Label, splits[k])).ToArray();
        var draft = new DatasetVersion(
            request.Name, 0, "", stored.Length, bad.Count, redacted.Count - stored.Length, labels,
            redact ? Declassified(request.DataLabels, policy) : request.DataLabels, request.Zone, request.Purpose, policy.Hash, redaction.Found,
            stored.GroupBy(r => r.Split).ToDictionary(g => g.Key.ToString().ToLowerInvariant(), g => g.Count()),
            clock.GetUtcNow(), layout.Answer)
        {
            Fields = [.. unique[0].Fields.Keys],
        };
        var dataset = await datasets.AddAsync(draft, stored, cancellationToken);
        return new ImportResult(dataset, bad, Samples(unique, layout), allow);
    }

    // One row of those that say the same, with its number among all.
    private static (int[] Numbers, RedactedRow[] Rows) Distinct(IReadOnlyList<RedactedRow> rows)
    {
        var distinct = rows.Index().DistinctBy(r => (r.Item.Key, r.Item.Label)).ToArray();
        return ([.. distinct.Select(r => r.Index)], [.. distinct.Select(r => r.Item)]);
    }

    private static string[] Labels(RedactedRow[] rows, AnswerKind answer) => answer switch
    {
        AnswerKind.Class => [.. rows.Select(r => r.Label).Distinct().Order(StringComparer.Ordinal)],
        AnswerKind.Spans => [.. rows.SelectMany(r => TextSpans.Read(r.Label, r.About.Length)).Select(s => s.Label).Distinct().Order(StringComparer.Ordinal)],
        _ => [],
    };

    private static string[] Declassified(IReadOnlyList<string> labels, PolicySet policy) =>
        [.. labels.Select(l => l == "pii.direct" && policy.Labels.ContainsKey("pseudonymous") ? "pseudonymous" : l).Distinct()];

    private static Refusal? Problem(RedactedRow[] rows, string[] labels, ImportRequest request, List<BadRow> bad)
    {
        var first = bad.Count > 0 ? $" First problem: {bad[0].File} line {bad[0].Line}: {bad[0].Reason}." : "";
        if (rows.Length == 0)
        {
            return new Refusal(RefusalKind.Invalid, "empty_dataset", $"No usable row was found; {bad.Count} rows are bad.{first}");
        }
        var parts = rows.Select(r => Splitter.Named(r.File)).ToHashSet();
        if (request.KeepParts && (parts.Contains(null) || parts.Count < Enum.GetValues<Split>().Length))
        {
            return new Refusal(RefusalKind.Invalid, "no_parts", "To keep the files' own parts, name them with train, dev or valid, and test in the name.");
        }
        return (request.Layout.Answer, labels.Length) switch
        {
            (AnswerKind.Class, < 2) => new Refusal(RefusalKind.Invalid, "one_class",
                $"All {rows.Length} rows have the same label; a classifier needs at least two. Add rows of other labels.{first}"),
            (AnswerKind.Spans, < 1) => new Refusal(RefusalKind.Invalid, "no_spans", $"None of {rows.Length} rows has a labelled stretch of text.{first}"),
            _ => null,
        };
    }

    // Rows rich in findings show best what the redaction does.
    private static string[] Samples(RedactedRow[] rows, RowLayout layout) => layout.ImageField is not null ? []
        : [.. rows.OrderByDescending(r => r.About.Count(c => c == '<')).Take(SamplesMax)
            .Select(r => r.About.Length <= SampleLengthMax ? r.About : r.About[..SampleLengthMax] + " ...")];

    private static Dictionary<string, long> Counts(DatasetVersion d)
    {
        var counts = d.PiiByType.ToDictionary(p => "pii." + p.Key.ToLowerInvariant(), p => (long)p.Value);
        (counts["rows"], counts["bad_rows"], counts["version"]) = (d.Rows, d.BadRows, d.Version);
        return counts;
    }
}
