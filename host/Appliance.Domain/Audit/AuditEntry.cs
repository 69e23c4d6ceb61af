using System.Text.RegularExpressions;

namespace Appliance.Domain.Audit;

/// <summary>Where a record stands in its action.</summary>
public enum AuditPhase
{
    /// <summary>Written before anything is touched.</summary>
    Intent,

    /// <summary>Written when it is over, with a reference to its intent.</summary>
    Outcome,

    /// <summary>Something that happened at once.</summary>
    Event,
}

/// <summary>A word that may stand in the log: an id, a code, a hash. Free text cannot become one.</summary>
public readonly partial record struct AuditWord
{
    private readonly string? _value;

    /// <exception cref="ArgumentException">The text is not an id: lower-case letters, digits and <c>._:@/-</c>, at most 128.</exception>
    public AuditWord(string value) => _value = value.Length == 0 || Shape().IsMatch(value)
        ? value
        : throw new ArgumentException("Only ids may stand in the audit log, never free text.");

    public override string ToString() => _value ?? "";

    public static implicit operator AuditWord(string value) => new(value);

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._:@/-]{0,127}\z")]
    private static partial Regex Shape();
}

/// <summary>What a step reports: ids, codes and counts, never content.</summary>
/// <param name="Action">Such as <c>data.import</c> or <c>model.infer</c>; see <see cref="AuditActions"/>.</param>
/// <param name="Object">What it was done to, such as <c>dataset/letters/v1</c>.</param>
/// <param name="Decision"><c>allow</c>, <c>deny</c> or empty.</param>
/// <param name="Rule">The policy rule that decided.</param>
/// <param name="Code">How it ended: <c>ok</c>, or a reason code.</param>
/// <param name="Reference">Sequence number of the intent that an outcome closes; 0 for none.</param>
/// <param name="Counts">Numbers by id, such as rows or findings by kind.</param>
public sealed record AuditEntry(
    AuditWord Action,
    AuditPhase Phase,
    AuditWord Actor,
    AuditWord Object,
    AuditWord Purpose = default,
    AuditWord Decision = default,
    AuditWord Rule = default,
    AuditWord Policy = default,
    AuditWord Code = default,
    long Reference = 0,
    IReadOnlyDictionary<string, long>? Counts = null);

/// <summary>A record on disk.</summary>
/// <param name="Seq">1 for the first; no gaps.</param>
public sealed record AuditRecord(long Seq);

/// <summary>The closed list of what the log can speak of.</summary>
public static class AuditActions
{
    public const string Import = "data.import";
    public const string Train = "model.train";
    public const string Gate = "model.gate";
    public const string Promote = "model.promote";
    public const string Rollback = "model.rollback";
    public const string Infer = "model.infer";
    public const string ModelImport = "model.import";
    public const string PolicyLoad = "policy.load";
    public const string PolicyRefuse = "policy.refuse";
    public const string ServiceStart = "sys.start";
    public const string ServiceStop = "sys.stop";
    public const string WorkerStart = "plugin.start";
    public const string Search = "audit.search";
    public const string Schedule = "sys.tick";
    public const string CallRefused = "auth.refuse";
    public const string JobCancel = "job.cancel";
    public const string JobSubmit = "job.submit";
    public const string Analyze = "pii.analyze";
    public const string Anonymize = "pii.anonymize";
}
