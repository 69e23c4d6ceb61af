using Appliance.Domain.Privacy;
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

    /// <summary>The operators of a file with the one section <c>redaction</c>, or every mistake in it.</summary>
    public static (IReadOnlyDictionary<string, RedactionOperator>? Operators, IReadOnlyList<string> Errors) Read(string yaml) =>
        FieldReader.ReadFile(yaml, fields => Operators(fields.Map("redaction")));

    /// <summary>The operator that a word names.</summary>
    /// <returns>Null for a word that names none.</returns>
    public static RedactionOperator? Operator(string word) => Words.TryGetValue(word, out var chosen) ? chosen : null;

    internal static Dictionary<string, RedactionOperator> Operators(FieldReader? fields)
    {
        var operators = new Dictionary<string, RedactionOperator>();
        if (fields is null)
        {
            return operators;
        }
        foreach (var type in EntityTypes.All.Where(fields.Has))
        {
            var name = fields.OneOf(type, [.. Words.Keys]);
            operators[type] = Words.GetValueOrDefault(name);
        }
        fields.RefuseUnknown(); // an unknown entity type must never pass as "nothing to redact"
        return operators;
    }
}
