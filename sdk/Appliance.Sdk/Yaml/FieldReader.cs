using System.Globalization;
using Appliance.Sdk.Scoring;

namespace Appliance.Sdk.Yaml;

/// <summary>Takes typed fields out of a map and collects every mistake, so that a person sees them all at once.</summary>
public sealed class FieldReader(YamlMap map, List<string> errors, string path = "")
{
    private readonly HashSet<string> _known = [];

    /// <summary>Reads a whole file: the value, or null and every mistake in it.</summary>
    /// <param name="read">Takes the fields out; a field that it did not ask for is reported as unknown.</param>
    public static (T? Value, IReadOnlyList<string> Errors) ReadFile<T>(string yaml, Func<FieldReader, T> read)
        where T : class
    {
        var errors = new List<string>();
        try
        {
            var fields = new FieldReader(StrictYaml.Parse(yaml), errors);
            var value = read(fields);
            fields.RefuseUnknown();
            return (errors.Count == 0 ? value : null, errors);
        }
        catch (YamlSyntaxException e)
        {
            return (null, [e.Message]);
        }
    }

    /// <summary>Text, or the default; a missing required field is an error.</summary>
    public string Text(string name, string? fallback = null)
    {
        switch (Find(name))
        {
            case YamlScalar s:
                return s.Value;
            case null when fallback is not null:
                return fallback;
            case null:
                Error(map.Line, name, "is missing");
                return "";
            case var other:
                Error(other.Line, name, "must be a single value");
                return fallback ?? "";
        }
    }

    /// <summary>One of the given words.</summary>
    public string OneOf(string name, IReadOnlyList<string> allowed, string? fallback = null)
    {
        var before = errors.Count;
        var text = Text(name, fallback);
        if (errors.Count == before && !allowed.Contains(text))
        {
            var near = allowed.MinBy(a => Distance(a, text));
            var hint = near is not null && Distance(near, text) <= 3 ? $"; did you mean '{near}'?" : "";
            Error(LineOf(name), name, $"is '{Clip(text)}'; allowed: {string.Join(", ", allowed)}{hint}");
        }
        return text;
    }

    /// <summary>One of an enumeration's members, written in lower case with underscores.</summary>
    public T Word<T>(string name, T fallback)
        where T : struct, Enum
    {
        var words = Array.ConvertAll(Enum.GetNames<T>(), Snake);
        var at = Array.IndexOf(words, OneOf(name, words, Snake(fallback.ToString())));
        return at < 0 ? fallback : Enum.GetValues<T>()[at];
    }

    /// <summary>A number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public double Number(string name, double fallback, double min, double max)
    {
        if (Find(name) is not { } node)
        {
            return fallback;
        }
        if (node is YamlScalar s && double.TryParse(s.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var v)
            && v >= min && v <= max)
        {
            return v;
        }
        Error(node.Line, name, string.Create(CultureInfo.InvariantCulture, $"must be a number from {min} to {max}"));
        return fallback;
    }

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public int Integer(string name, int fallback, int min, int max)
    {
        if (Find(name) is not { } node)
        {
            return fallback;
        }
        if (node is YamlScalar s && int.TryParse(s.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var v)
            && v >= min && v <= max)
        {
            return v;
        }
        Error(node.Line, name, $"must be a whole number from {min} to {max}");
        return fallback;
    }

    public bool Flag(string name, bool fallback)
    {
        switch (Find(name))
        {
            case null:
                return fallback;
            case YamlScalar { Value: "true" }:
                return true;
            case YamlScalar { Value: "false" }:
                return false;
            case var other:
                Error(other.Line, name, "must be true or false");
                return fallback;
        }
    }

    /// <summary>A list of texts; one text counts as a list of one.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        switch (Find(name))
        {
            case null:
                return [];
            case YamlScalar s:
                return [s.Value];
            case YamlList list when list.Items.All(i => i is YamlScalar):
                return [.. list.Items.Cast<YamlScalar>().Select(i => i.Value)];
            case var other:
                Error(other.Line, name, "must be a list of plain values");
                return [];
        }
    }

    /// <summary>A nested map, or null when it is absent.</summary>
    public FieldReader? Map(string name)
    {
        switch (Find(name))
        {
            case YamlMap inner:
                return new FieldReader(inner, errors, path + name + ".");
            case null:
                return null;
            case var other:
                Error(other.Line, name, "must be a block of 'name: value' lines");
                return null;
        }
    }

    /// <summary>A map that is the only field here; null, and an error, when it is absent.</summary>
    public FieldReader? Nested(string name)
    {
        var inner = Map(name);
        if (inner is null && !Has(name))
        {
            Error(map.Line, name, "is missing");
        }
        RefuseUnknown();
        return inner;
    }

    /// <summary>A map of lists; a single value counts as a list of one.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Lists(string name)
    {
        if (Find(name) is not YamlMap entries)
        {
            Error(LineOf(name), name, "must be a block of 'field: [value, ...]' lines");
            return new Dictionary<string, IReadOnlyList<string>>();
        }
        var inner = new FieldReader(entries, errors, path + name + ".");
        return entries.Fields.ToDictionary(f => f.Key, f => inner.Texts(f.Key));
    }

    /// <summary>A list of maps; empty when absent.</summary>
    public IReadOnlyList<FieldReader> Maps(string name)
    {
        switch (Find(name))
        {
            case null:
                return [];
            case YamlList list when list.Items.All(i => i is YamlMap):
                return [.. list.Items.Cast<YamlMap>().Select((m, k) => new FieldReader(m, errors, $"{path}{name}[{k}]."))];
            case var other:
                Error(other.Line, name, "must be a list of blocks");
                return [];
        }
    }

    /// <summary>The entries of a map whose keys are names of the operator's own.</summary>
    public IReadOnlyList<(string Name, FieldReader Fields)> Entries(string name)
    {
        if (Find(name) is not YamlMap entries)
        {
            Error(LineOf(name), name, "must be a block of named entries");
            return [];
        }
        var read = new List<(string, FieldReader)>();
        foreach (var (key, node) in entries.Fields)
        {
            if (node is YamlMap fields)
            {
                read.Add((key, new FieldReader(fields, errors, $"{path}{name}.{key}.")));
            }
            else
            {
                Error(node.Line, $"{name}.{key}", "must be a block of 'name: value' lines");
            }
        }
        return read;
    }

    public bool Has(string name) => map.Fields.ContainsKey(name);

    /// <summary>Reports every field that nobody asked for: a typing mistake must not pass as a default.</summary>
    public void RefuseUnknown()
    {
        foreach (var (name, node) in map.Fields.Where(f => !_known.Contains(f.Key)))
        {
            var near = _known.FirstOrDefault(k => name.Split('_').All(k.Split('_').Contains)) ?? _known.MinBy(k => Distance(k, name));
            var close = near is not null && (Distance(near, name) <= 3 || name.Split('_').All(near.Split('_').Contains));
            var hint = close ? $"; did you mean '{near}'?" : "";
            Error(node.Line, Clip(name), $"is not a field here{hint}");
        }
    }

    public void Error(int line, string name, string problem) => errors.Add($"line {line}: {path}{name} {problem}");

    public int LineOf(string name) => map.Fields.TryGetValue(name, out var node) ? node.Line : map.Line;

    private YamlNode? Find(string name)
    {
        _known.Add(name);
        return map.Fields.GetValueOrDefault(name);
    }

    private static string Snake(string word) =>
        string.Concat(word.Select((c, k) => char.IsUpper(c) ? (k > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));

    private static string Clip(string text) => text.Length <= 40 ? text : text[..40] + "...";

    private static int Distance(string a, string b) => Math.Abs(a.Length - b.Length) > 3 ? 99 : EditDistance.Of(a.AsSpan(), b.AsSpan());
}
