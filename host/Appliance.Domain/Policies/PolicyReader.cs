using System.Security.Cryptography;
using System.Text;
using Appliance.Domain.Privacy.Site;
using Appliance.Sdk.Yaml;

namespace Appliance.Domain.Policies;

/// <summary>Reads the policy files strictly: every mistake of every file is reported, and one mistake refuses all.</summary>
public static class PolicyReader
{
    /// <summary>The files of a policy folder; no other name is read.</summary>
    public static IReadOnlyList<string> FileNames { get; } = ["labels.yaml", "policy.yaml", "purposes.yaml", "zones.yaml"];

    /// <param name="files">Text by file name; all of <see cref="FileNames"/>.</param>
    /// <returns>The policies, or null and at least one error.</returns>
    public static (PolicySet? Policies, IReadOnlyList<string> Errors) Read(IReadOnlyDictionary<string, string> files)
    {
        var errors = new List<string>();
        var maps = new Dictionary<string, FieldReader>();
        var perFile = FileNames.ToDictionary(name => name, _ => new List<string>());
        foreach (var name in FileNames)
        {
            try
            {
                if (files.TryGetValue(name, out var text))
                {
                    maps[name] = new FieldReader(StrictYaml.Parse(text), perFile[name]);
                }
                else
                {
                    perFile[name].Add("the file is missing");
                }
            }
            catch (YamlSyntaxException e)
            {
                perFile[name].Add(e.Message);
            }
        }
        var policies = maps.Count == FileNames.Count ? Read(maps, Hash(files)) : null;
        errors.AddRange(FileNames.SelectMany(name => perFile[name].Select(e => $"{name} {e}")));
        return errors.Count == 0 ? (policies, errors) : (null, errors);
    }

    private static PolicySet Read(Dictionary<string, FieldReader> files, string hash)
    {
        var zones = files["zones.yaml"].Entries("zones").ToDictionary(e => e.Name, e => ReadZone(e.Name, e.Fields));
        var labels = files["labels.yaml"].Entries("labels").ToDictionary(e => e.Name, e => ReadLabel(e.Name, e.Fields));
        var purposes = files["purposes.yaml"].Entries("purposes").ToDictionary(e => e.Name, e => ReadPurpose(e.Name, e.Fields));
        var policy = files["policy.yaml"];
        var version = policy.Integer("version", -1, 1, int.MaxValue);
        if (!policy.Has("version"))
        {
            policy.Error(1, "version", "is missing");
        }
        var rules = policy.Maps("rules").Select(r => ReadRule(r, zones, labels, purposes)).ToArray();
        foreach (var twice in rules.GroupBy(r => r.Id).Where(g => g.Count() > 1))
        {
            policy.Error(policy.LineOf("rules"), "rules", $"has the id {twice.Key} twice");
        }
        var redaction = SiteRulesReader.Read(policy);
        foreach (var file in files.Values)
        {
            file.RefuseUnknown();
        }
        return new PolicySet(version, hash, zones, labels, purposes, rules, redaction);
    }

    private static Zone ReadZone(string id, FieldReader fields)
    {
        var zone = new Zone(id, fields.Text("country"), fields.Flag("trust", true));
        fields.RefuseUnknown();
        return zone;
    }

    private static DataLabel ReadLabel(string id, FieldReader fields)
    {
        var label = new DataLabel(id, fields.Integer("level", 9, 0, 9));
        fields.RefuseUnknown();
        return label;
    }

    private static Purpose ReadPurpose(string id, FieldReader fields)
    {
        var purpose = new Purpose(id, fields.Texts("basis"), fields.Texts("tasks"), fields.Integer("keep_days", 0, 0, 36_500));
        if (purpose.Basis.Count == 0)
        {
            fields.Error(fields.LineOf("basis"), "basis", "must name at least one legal basis, such as gdpr.6.1.e");
        }
        fields.RefuseUnknown();
        return purpose;
    }

    private static PolicyRule ReadRule(
        FieldReader fields, Dictionary<string, Zone> zones, Dictionary<string, DataLabel> labels,
        Dictionary<string, Purpose> purposes)
    {
        var id = fields.Text("id");
        var (allow, deny) = (fields.Flag("allow", false), fields.Flag("deny", false));
        if (allow == deny)
        {
            fields.Error(fields.LineOf("id"), "allow/deny", "exactly one of them must be true");
        }
        var obligations = fields.Texts("obligations");
        Known(fields, "obligations", obligations, Obligations.All);
        var when = fields.Map("when");
        if (when is null)
        {
            fields.Error(fields.LineOf("id"), "when", "is missing: a rule without conditions would speak on everything");
        }
        var rule = new PolicyRule(id, allow, ReadConditions(when, zones, labels, purposes), obligations);
        fields.RefuseUnknown();
        return rule;
    }

    private static PolicyConditions ReadConditions(
        FieldReader? when, Dictionary<string, Zone> zones, Dictionary<string, DataLabel> labels,
        Dictionary<string, Purpose> purposes)
    {
        if (when is null)
        {
            return new PolicyConditions(null, null, [], null, null, null, null, null, []);
        }
        string? One(string name, IEnumerable<string> known)
        {
            if (!when.Has(name))
            {
                return null;
            }
            var value = when.Text(name, "");
            Known(when, name, [value], known);
            return value;
        }
        var conditions = new PolicyConditions(
            One("action", PolicyActions.All),
            One("purpose", purposes.Keys),
            when.Texts("labels_any"),
            when.Has("labels_subset") ? when.Texts("labels_subset") : null,
            when.Has("labels_max") ? when.Integer("labels_max", 0, 0, 9) : null,
            One("zone_from", zones.Keys),
            One("zone_to", zones.Keys),
            when.Has("zone_to_trusted") ? when.Flag("zone_to_trusted", false) : null,
            when.Texts("roles"));
        Known(when, "labels_any", conditions.LabelsAny, labels.Keys);
        Known(when, "labels_subset", conditions.LabelsSubset ?? [], labels.Keys);
        when.RefuseUnknown();
        return conditions;
    }

    private static void Known(FieldReader fields, string name, IEnumerable<string> given, IEnumerable<string> known)
    {
        foreach (var value in given.Where(v => !known.Contains(v)))
        {
            fields.Error(fields.LineOf(name), name, $"names '{value}', which is not declared; declared: {string.Join(", ", known)}");
        }
    }

    private static string Hash(IReadOnlyDictionary<string, string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in FileNames)
        {
            var bytes = Encoding.UTF8.GetBytes(files.GetValueOrDefault(name, ""));
            // A length before each file: moving text from one to the next must change the hash.
            hash.AppendData(BitConverter.GetBytes((long)bytes.Length));
            hash.AppendData(bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
