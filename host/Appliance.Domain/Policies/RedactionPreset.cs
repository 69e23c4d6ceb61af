using Appliance.Domain.Privacy;
using Appliance.Domain.Privacy.Site;
using Appliance.Sdk.Yaml;

namespace Appliance.Domain.Policies;

/// <summary>What takes the place of each kind, as a file says it: the section of a policy, or a preset such as <c>policies/presets/hipaa.yaml</c>.</summary>
public static class RedactionPreset
{
    // What a file calls each operator.
    private static readonly Dictionary<string, RedactionOperator> Words = new()
    {
        ["replace"] = RedactionOperator.Replace, ["mask"] = RedactionOperator.Mask, ["redact"] = RedactionOperator.Redact, ["pseudonymize"] = RedactionOperator.Pseudonymize,
        ["keep"] = RedactionOperator.Keep, ["hash"] = RedactionOperator.Hash, ["encrypt"] = RedactionOperator.Encrypt, ["encrypt_same"] = RedactionOperator.EncryptSame,
        ["format_preserve"] = RedactionOperator.FormatPreserve, ["surrogate"] = RedactionOperator.Surrogate, ["date_shift"] = RedactionOperator.DateShift, ["generalise"] = RedactionOperator.Generalise,
    };

    /// <summary>What an operator may be called.</summary>
    internal static IReadOnlyList<string> Known { get; } = [.. Words.Keys];

    /// <summary>The policy of a file with the sections <c>redaction</c>, <c>redaction_in</c> and <c>detection</c> alone, or every mistake in it.</summary>
    public static (RedactionPolicy? Policy, IReadOnlyList<string> Errors) Read(string yaml) => FieldReader.ReadFile(yaml, SiteRulesReader.Read);

    /// <summary>The operator that a word names.</summary>
    /// <returns>Null for a word that names none.</returns>
    public static RedactionOperator? Operator(string word) => Words.TryGetValue(word, out var chosen) ? chosen : null;

    internal static Dictionary<string, RedactionOperator> Operators(FieldReader? fields, IEnumerable<string> types)
    {
        var operators = new Dictionary<string, RedactionOperator>();
        if (fields is null)
        {
            return operators;
        }
        foreach (var type in types.Where(fields.Has))
        {
            var name = fields.OneOf(type, Known);
            operators[type] = Words.GetValueOrDefault(name);
        }
        fields.RefuseUnknown(); // an unknown entity type must never pass as "nothing to redact"
        return operators;
    }
}
