using System.Security.Cryptography;
using System.Text;

namespace Appliance.Domain.Privacy.Site;

/// <summary>What a site knows better than the tables: its own numbers, its own public addresses, how sure is sure enough.</summary>
/// <param name="Own">Kinds that only this site has.</param>
/// <param name="Exceptions">What may stay although it is found.</param>
/// <param name="LeastScores">By kind, 0 to 1: what is less sure than this is no find.</param>
/// <param name="FindsMax">A text with more finds is refused.</param>
/// <param name="Limit">A text that takes longer is refused; null for the appliance's own limit.</param>
public sealed record DetectionRules(
    IReadOnlyList<OwnKind> Own, IReadOnlyList<Exemption> Exceptions, IReadOnlyDictionary<string, double> LeastScores, int FindsMax = DetectionRules.FindsMost, TimeSpan? Limit = null)
{
    /// <summary>The most that a policy may allow, and the default.</summary>
    public const int FindsMost = 100_000;

    private readonly Lazy<OwnKindRecognizer?> _recognizer = new(() => Own.Count == 0 ? null : new OwnKindRecognizer(Own));

    /// <summary>Nothing of its own.</summary>
    public static DetectionRules None { get; } = new([], [], new Dictionary<string, double>());

    /// <summary>The names of the site's own kinds: their placeholders are nothing to find.</summary>
    public IReadOnlySet<string> Names { get; } = Own.Select(k => k.Name).ToHashSet();

    internal OwnKindRecognizer? Recognizer => _recognizer.Value;

    /// <summary>Whether a find is sure enough for this site.</summary>
    internal bool IsSure(PiiFinding finding) => finding.Score >= LeastScores.GetValueOrDefault(finding.EntityType, 0);

    /// <summary>Whether a find may stay.</summary>
    internal bool IsExempt(string type, string value) => Exceptions.Any(e => e.Type == type && e.Fits(value));
}

/// <summary>A find that may stay: the town hall's own address is nobody's personal data.</summary>
/// <param name="Value">The text, in any case; or null.</param>
/// <param name="Sha256">The hash of the text in lower case, where the policy must not hold it; or null.</param>
/// <param name="Pattern">What the whole text must match; or null.</param>
public sealed record Exemption(string Type, string? Value, string? Sha256, SafePattern? Pattern)
{
    internal bool Fits(string value) => (Value is not null && string.Equals(Value, value, StringComparison.OrdinalIgnoreCase))
        || (Sha256 is not null && string.Equals(Sha256, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value.ToLowerInvariant()))), StringComparison.OrdinalIgnoreCase))
        || Pattern?.IsWhole(value) == true;
}
