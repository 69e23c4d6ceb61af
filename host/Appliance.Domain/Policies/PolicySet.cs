using Appliance.Domain.Privacy.Site;

namespace Appliance.Domain.Policies;

/// <summary>A place where bytes may be.</summary>
/// <param name="Trust">False for places that nobody vouches for, such as removable disks.</param>
public sealed record Zone(string Id, string Country, bool Trust);

/// <summary>A mark on data that says how it must be treated.</summary>
/// <param name="Level">0 harmless to 9 most sensitive.</param>
public sealed record DataLabel(string Id, int Level);

/// <summary>A reason for which data may be used, with its legal basis.</summary>
/// <param name="Basis">Such as <c>gdpr.6.1.e</c>.</param>
/// <param name="Tasks">What the purpose covers: <c>train</c>, or names of tasks.</param>
/// <param name="KeepDays">How long data may be kept for it, days; 0 when nothing is said.</param>
public sealed record Purpose(string Id, IReadOnlyList<string> Basis, IReadOnlyList<string> Tasks, int KeepDays = 0);

/// <summary>When a rule speaks; an absent condition is always met.</summary>
public sealed record PolicyConditions(
    string? Action,
    string? Purpose,
    IReadOnlyList<string> LabelsAny,
    IReadOnlyList<string>? LabelsSubset,
    int? LabelsMax,
    string? ZoneFrom,
    string? ZoneTo,
    bool? ZoneToTrusted,
    IReadOnlyList<string> Roles);

/// <summary>One rule: it allows with obligations, or denies; any matching denial wins.</summary>
public sealed record PolicyRule(string Id, bool Allows, PolicyConditions When, IReadOnlyList<string> Obligations);

/// <summary>The policies in force: an immutable snapshot, named by the hash of its files.</summary>
/// <param name="Redaction">What is found, and what takes the place of each kind of personal data.</param>
/// <param name="Hash">Lower-case hexadecimal SHA-256 over the files, in the order of their names.</param>
public sealed record PolicySet(
    int Version,
    string Hash,
    IReadOnlyDictionary<string, Zone> Zones,
    IReadOnlyDictionary<string, DataLabel> Labels,
    IReadOnlyDictionary<string, Purpose> Purposes,
    IReadOnlyList<PolicyRule> Rules,
    RedactionPolicy Redaction);

/// <summary>What somebody asks to do with data.</summary>
/// <param name="Action">One of <see cref="PolicyActions"/>.</param>
/// <param name="Labels">Of all data involved: the union.</param>
public sealed record PolicyRequest(
    string Action, string Purpose, IReadOnlyList<string> Labels, string ZoneFrom, string ZoneTo, string Role, string Task);

/// <summary>The closed list of actions that a rule may name.</summary>
public static class PolicyActions
{
    public const string Import = "import";
    public const string Train = "train";
    public const string Infer = "infer";
    public const string Promote = "promote";
    public const string Export = "export";
    public const string Reveal = "reveal";

    public static IReadOnlyList<string> All { get; } = [Import, Train, Infer, Promote, Export, Reveal];
}

/// <summary>The closed list of obligations; an obligation that nobody fulfils must not be written down as if somebody did.</summary>
public static class Obligations
{
    /// <summary>Personal data is redacted before anything is stored or shown to a model.</summary>
    public const string RedactInput = "redact.input";

    /// <summary>What a model says is redacted before it leaves.</summary>
    public const string RedactOutput = "redact.output";

    /// <summary>Repeated rows are dropped before training.</summary>
    public const string Deduplicate = "dedup";

    /// <summary>A gate must have passed the model.</summary>
    public const string Gate = "gate";

    public static IReadOnlyList<string> All { get; } = [RedactInput, RedactOutput, Deduplicate, Gate];
}

/// <summary>What the policy says: nothing runs without an <see cref="Allow"/>.</summary>
public abstract record PolicyDecision
{
    private PolicyDecision()
    {
    }

    /// <summary>The rule that decided; <c>default</c> when none spoke.</summary>
    public abstract string Rule { get; }

    /// <summary>It may happen, if the obligations are kept.</summary>
    public sealed record Allow(string RuleId, IReadOnlyList<string> Obligations) : PolicyDecision
    {
        public override string Rule => RuleId;
    }

    /// <summary>It may not.</summary>
    public sealed record Deny(string RuleId, string Reason) : PolicyDecision
    {
        public override string Rule => RuleId;
    }
}
