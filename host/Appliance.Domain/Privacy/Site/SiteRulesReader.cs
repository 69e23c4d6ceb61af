using Appliance.Domain.Policies;
using Appliance.Sdk.Yaml;

namespace Appliance.Domain.Privacy.Site;

/// <summary>Reads the sections <c>redaction</c>, <c>redaction_in</c> and <c>detection</c> of a policy or a preset; every mistake is reported.</summary>
internal static class SiteRulesReader
{
    private const int OwnMax = 50, ExceptionsMax = 1000, MillisecondsMax = 60_000;
    private static readonly string[] Checks = ["luhn", "iban", "verhoeff", "mod11-10"];

    internal static RedactionPolicy Read(FieldReader file)
    {
        var detection = file.Map("detection") is { } fields ? ReadDetection(fields) : (DetectionRules.None, []);
        var types = EntityTypes.All.Concat(detection.Operators.Keys).ToArray();
        var operators = RedactionPreset.Operators(file.Map("redaction"), types);
        foreach (var (name, chosen) in detection.Operators)
        {
            operators.TryAdd(name, chosen);
        }
        var scopes = new Dictionary<string, IReadOnlyDictionary<string, RedactionOperator>>();
        if (file.Map("redaction_in") is { } places)
        {
            foreach (var scope in RedactionPolicy.Scopes.Where(places.Has))
            {
                scopes[scope] = RedactionPreset.Operators(places.Map(scope), types);
            }
            places.RefuseUnknown();
        }
        return new RedactionPolicy(operators, detection.Rules) { In = scopes };
    }

    private static (DetectionRules Rules, Dictionary<string, RedactionOperator> Operators) ReadDetection(FieldReader fields)
    {
        var operators = new Dictionary<string, RedactionOperator>();
        var own = new List<OwnKind>();
        foreach (var one in Bounded(fields, "own", OwnMax))
        {
            if (ReadOwn(one, operators) is { } kind)
            {
                own.Add(kind);
            }
        }
        var exceptions = Bounded(fields, "except", ExceptionsMax).Select(e => ReadExemption(e, operators.Keys)).OfType<Exemption>().ToArray();
        var least = new Dictionary<string, double>();
        if (fields.Map("least_score") is { } scores)
        {
            foreach (var type in EntityTypes.All.Where(scores.Has))
            {
                least[type] = scores.Number(type, 0, 0, 1);
            }
            scores.RefuseUnknown();
        }
        var finds = fields.Integer("finds_max", DetectionRules.FindsMost, 1, DetectionRules.FindsMost);
        var limit = fields.Has("milliseconds_max") ? TimeSpan.FromMilliseconds(fields.Integer("milliseconds_max", MillisecondsMax, 1, MillisecondsMax)) : default(TimeSpan?);
        fields.RefuseUnknown();
        return (new DetectionRules(own, exceptions, least, finds, limit), operators);
    }

    private static IReadOnlyList<FieldReader> Bounded(FieldReader fields, string name, int most)
    {
        var all = fields.Maps(name);
        if (all.Count > most)
        {
            fields.Error(fields.LineOf(name), name, $"has {all.Count} entries, at most {most}");
        }
        return all;
    }

    private static OwnKind? ReadOwn(FieldReader fields, Dictionary<string, RedactionOperator> operators)
    {
        var name = fields.Text("kind");
        if (!OwnKind.IsName(name) || operators.ContainsKey(name))
        {
            fields.Error(fields.LineOf("kind"), "kind", "must be 3 to 40 capitals, digits and _, and no kind that there is already");
        }
        var pattern = ReadPattern(fields);
        var check = fields.Has("check") ? fields.OneOf("check", Checks) : null;
        operators[name] = RedactionPreset.Operator(fields.Has("operator") ? fields.OneOf("operator", RedactionPreset.Known) : "replace") ?? RedactionOperator.Replace;
        var near = fields.Texts("near");
        fields.RefuseUnknown();
        return pattern is null ? null : new OwnKind(name, pattern, check, near);
    }

    private static Exemption? ReadExemption(FieldReader fields, IEnumerable<string> own)
    {
        var type = fields.OneOf("kind", [.. EntityTypes.All, .. own]);
        var (value, hash) = (fields.Has("value") ? fields.Text("value") : null, fields.Has("sha256") ? fields.Text("sha256") : null);
        var pattern = fields.Has("pattern") ? ReadPattern(fields) : null;
        if (new[] { "value", "sha256", "pattern" }.Count(fields.Has) != 1)
        {
            fields.Error(fields.LineOf("kind"), "value/sha256/pattern", "exactly one of them says what may stay");
        }
        if (hash is not null && (hash.Length != 64 || hash.Any(c => !char.IsAsciiHexDigit(c))))
        {
            fields.Error(fields.LineOf("sha256"), "sha256", "must be 64 hexadecimal digits: printf %s 'the text in small letters' | sha256sum");
        }
        fields.RefuseUnknown();
        return new Exemption(type, value, hash, pattern);
    }

    private static SafePattern? ReadPattern(FieldReader fields)
    {
        var (pattern, problem) = SafePattern.Read(fields.Text("pattern", ""));
        if (problem is not null)
        {
            fields.Error(fields.LineOf("pattern"), "pattern", problem);
        }
        return pattern;
    }
}
