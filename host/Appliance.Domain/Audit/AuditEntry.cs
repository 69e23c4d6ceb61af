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
    public AuditWord(string value) => _value = Fits(value)
        ? value
        : throw new ArgumentException("Only ids may stand in the audit log, never free text.");

    /// <summary>True for what may become a word of the log.</summary>
    public static bool Fits(string value) => value.Length == 0 || Shape().IsMatch(value);

    public override string ToString() => _value ?? "";

    public static implicit operator AuditWord(string value) => new(value);

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._:@/-]{0,127}\z")]
    private static partial Regex Shape();
}

/// <summary>What a step reports: ids, codes and counts, never content.</summary>
/// <param name="Action">One of <see cref="AuditActions.All"/>.</param>
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
    IReadOnlyDictionary<string, long>? Counts = null)
{
    /// <summary>Most ids in <see cref="From"/> and in <see cref="Subjects"/>; of more subjects only number and root are kept.</summary>
    public const int IdsMax = 16;

    /// <summary>The actor's role when it acted; empty for the service itself.</summary>
    public AuditWord Role { get; init; }

    /// <summary>Where the bytes were, as the policy names it.</summary>
    public AuditWord Zone { get; init; }

    /// <summary>What the object was made from, such as <c>dataset/letters/v1</c>.</summary>
    public IReadOnlyList<AuditWord>? From { get; init; }

    /// <summary>Pseudonyms of the people whose data it was; their names are nowhere in the log.</summary>
    public IReadOnlyList<AuditWord>? Subjects { get; init; }

    /// <summary>Microseconds that the step took; 0 when nobody measured.</summary>
    public long Microseconds { get; init; }
}

/// <summary>A record on disk.</summary>
/// <param name="Seq">1 for the first; no gaps.</param>
public sealed record AuditRecord(long Seq);
