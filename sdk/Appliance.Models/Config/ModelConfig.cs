using System.Text.Json;

namespace Appliance.Models.Config;

/// <summary>The fields of a <c>config.json</c>, read one by one; what is wrong is collected and told at once.</summary>
/// <remarks>
/// A name such as <c>hidden_size|dim</c> is read under the first spelling that the file has. <see cref="Check"/> refuses
/// fields that nobody read, unless <see cref="InertFields"/> says that they change no number: a field that we do not
/// know may change the mathematics, and doubt is a refusal.
/// </remarks>
public sealed class ModelConfig
{
    private const int FileBytesMax = 4 << 20;
    private readonly Dictionary<string, JsonElement> _fields;
    private readonly HashSet<string> _read = [];
    private readonly List<string> _problems = [];
    private IReadOnlyDictionary<string, long[]> _tensors = new Dictionary<string, long[]>();

    private ModelConfig(string file, Dictionary<string, JsonElement> fields) => (File, _fields) = (file, fields);

    public string File { get; }

    /// <summary>Names of the tensors that lie beside; some families tell their geometry by them alone.</summary>
    public IEnumerable<string> TensorNames => _tensors.Keys;

    /// <summary>The family's name, such as <c>bert</c>; empty where the file does not say.</summary>
    public string ModelType => TextOrNull("model_type") ?? "";

    /// <summary>The class that wrote the file, such as <c>BertForSequenceClassification</c>; empty where it does not say.</summary>
    public string Architecture => Has("architectures") && Element("architectures") is { ValueKind: JsonValueKind.Array } list
        && list.GetArrayLength() > 0 && list[0].ValueKind == JsonValueKind.String ? list[0].GetString()! : "";

    /// <summary>Labels by class number; made up as LABEL_0 … where the file names none.</summary>
    public IReadOnlyList<string> Labels => Enumerable.Range(0, LabelCount).Select(k => LabelNames().GetValueOrDefault(k, $"LABEL_{k}")).ToArray();

    /// <summary>How many classes the head has: <c>id2label</c>, else <c>num_labels</c>, else 2, as the reference has it.</summary>
    public int LabelCount => LabelNames() is { Count: > 0 } names ? names.Count : Int("num_labels|num_classes", 2);

    /// <summary>Reads <c>config.json</c> in a model's folder.</summary>
    /// <returns>Its fields; none where the folder has no such file.</returns>
    /// <exception cref="ModelConfigException">The file is too large or not a JSON object.</exception>
    public static ModelConfig Open(string folder)
    {
        var path = Path.Combine(folder, "config.json");
        if (!System.IO.File.Exists(path))
        {
            return new ModelConfig(path, []); // conv nets come without one; any other family then misses its fields
        }
        return new FileInfo(path).Length > FileBytesMax
            ? throw new ModelConfigException(path, [$"it is larger than {FileBytesMax} bytes"])
            : Parse(System.IO.File.ReadAllBytes(path), path);
    }

    /// <summary>A configuration that says nothing, for families that tell their geometry by their tensors.</summary>
    public static ModelConfig ForTensors(IReadOnlyDictionary<string, long[]> shapes) => new("the weights", []) { _tensors = shapes };

    /// <exception cref="ModelConfigException">The bytes are not a JSON object, or a field stands twice.</exception>
    public static ModelConfig Parse(ReadOnlyMemory<byte> json, string file)
    {
        if (!System.Text.Unicode.Utf8.IsValid(json.Span))
        {
            throw new ModelConfigException(file, ["it is not UTF-8 text"]); // the parser would say so only when a text is read
        }
        try
        {
            var options = new JsonDocumentOptions { MaxDepth = 32, AllowDuplicateProperties = false };
            using var document = JsonDocument.Parse(json, options);
            var fields = document.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.Clone());
            return new ModelConfig(file, fields);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelConfigException(file, ["it is not one JSON object with each field once"]);
        }
    }

    /// <summary>The same with some fields set: what a recipe changes, such as the labels of a new head.</summary>
    public ModelConfig With(IReadOnlyDictionary<string, JsonElement> changes)
    {
        var fields = new Dictionary<string, JsonElement>(_fields);
        foreach (var (name, value) in changes)
        {
            fields[name] = value;
        }
        return new ModelConfig(File, fields) { _tensors = _tensors };
    }

    /// <summary>The fields as one JSON object, for a folder that is written.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(_fields, new JsonSerializerOptions { WriteIndented = true });

    /// <summary>A nested object, such as <c>rope_scaling</c>, read with the same care; null where absent.</summary>
    public ModelConfig? Nested(string name) => Has(name) && Element(name).ValueKind == JsonValueKind.Object
        ? new ModelConfig($"{File}, {name}", Element(name).EnumerateObject().ToDictionary(p => p.Name, p => p.Value))
        : null;

    public int Int(string name, int? fallback = null, int min = 1, int max = int.MaxValue)
    {
        if (Find(name) is not { } element)
        {
            return fallback ?? Missing(name, min);
        }
        if (element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var value) && value >= min && value <= max)
        {
            return value;
        }
        var range = max == int.MaxValue ? $"{min} or more" : $"{min} to {max}";
        return Wrong(name, $"is {Shown(element)}, expected a whole number, {range}", Math.Max(min, fallback ?? min));
    }

    public double Number(string name, double? fallback = null)
    {
        if (Find(name) is not { } element)
        {
            return fallback ?? Missing(name, 0.0);
        }
        return element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var value) && double.IsFinite(value)
            ? value
            : Wrong(name, $"is {Shown(element)}, expected a number", fallback ?? 0);
    }

    public bool Flag(string name, bool fallback) => Find(name) is not { } element ? fallback
        : element.ValueKind is JsonValueKind.True or JsonValueKind.False ? element.GetBoolean()
        : Wrong(name, $"is {Shown(element)}, expected true or false", fallback);

    public string Text(string name, string? fallback = null) =>
        TextOrNull(name) ?? fallback ?? Missing(name, "");

    public string? TextOrNull(string name) => Find(name) is not { } element ? null
        : element.ValueKind == JsonValueKind.String ? element.GetString()
        : Wrong<string?>(name, $"is {Shown(element)}, expected text", null);

    /// <summary>A list of whole numbers; a single number counts as a list of one.</summary>
    public int[] Ints(string name, int[] fallback)
    {
        if (Find(name) is not { } element)
        {
            return fallback;
        }
        JsonElement[] items = element.ValueKind == JsonValueKind.Array ? [.. element.EnumerateArray()] : [element];
        return items.All(i => i.ValueKind == JsonValueKind.Number && i.TryGetInt32(out _))
            ? [.. items.Select(i => i.GetInt32())]
            : Wrong(name, $"is {Shown(element)}, expected a list of whole numbers", fallback);
    }

    public double[] Numbers(string name, double[] fallback) => Find(name) is not { } element ? fallback
        : element.ValueKind == JsonValueKind.Array && element.EnumerateArray().All(i => i.ValueKind == JsonValueKind.Number)
            ? [.. element.EnumerateArray().Select(i => i.GetDouble())]
            : Wrong(name, $"is {Shown(element)}, expected a list of numbers", fallback);

    public string[] Texts(string name) => Find(name) is not { } element ? []
        : element.ValueKind == JsonValueKind.Array && element.EnumerateArray().All(i => i.ValueKind == JsonValueKind.String)
            ? [.. element.EnumerateArray().Select(i => i.GetString()!)]
            : Wrong<string[]>(name, $"is {Shown(element)}, expected a list of texts", []);

    /// <summary>One of a few words; any other is a problem.</summary>
    public string OneOf(string name, string fallback, params string[] allowed)
    {
        var value = Text(name, fallback);
        return allowed.Contains(value) || value == fallback
            ? value
            : Wrong(name, $"is '{Printable(value)}', which is not implemented; known: {string.Join(", ", allowed.Prepend(fallback).Distinct())}", fallback);
    }

    /// <summary>Refuses a switch that this family's code does not implement.</summary>
    public void MustBe(string name, bool expected)
    {
        if (Flag(name, expected) != expected)
        {
            Wrong(name, $"is {(expected ? "false" : "true")}, which is not implemented", expected);
        }
    }

    /// <summary>True where the field is there and not null.</summary>
    public bool Has(string name) => _fields.TryGetValue(name, out var element) && element.ValueKind != JsonValueKind.Null;

    public bool IsText(string name) => Has(name) && _fields[name].ValueKind == JsonValueKind.String;

    public bool HasTensor(string name) => _tensors.ContainsKey(name);

    /// <exception cref="ModelConfigException">The checkpoint lacks the tensor, so it is not of this family after all.</exception>
    public long[] TensorShape(string name) => _tensors.TryGetValue(name, out var shape) ? shape
        : throw new ModelConfigException(File, [$"the weights have no tensor {name}, which this family needs"]);

    /// <summary>Tells which tensors the weights have; done once, before the family is looked for.</summary>
    public void Knows(IReadOnlyDictionary<string, long[]> tensors) => _tensors = tensors;

    /// <summary>For families of one size, or whose makers write no config.json: what stands in one is a note, not a setting.</summary>
    internal void GeometryIsInTensors() => _read.UnionWith(_fields.Keys);

    /// <summary>Adds a problem of the family's own, such as a hidden size that the heads do not divide.</summary>
    public void Problem(string text) => _problems.Add(text);

    /// <exception cref="ModelConfigException">Anything was missing, of the wrong type, out of range or unknown.</exception>
    public void Check()
    {
        _ = (ModelType, Architecture, LabelCount);
        var unknown = _fields.Where(f => !_read.Contains(f.Key) && !InertFields.Contains(f.Key)
            && !Empty(f.Value)).Select(f => f.Key).ToArray();
        var problems = _problems.Distinct().Concat(unknown.Select(name =>
            $"field '{Printable(name)}' is not known for this family and may change its results; if it does not, remove it")).ToArray();
        if (problems.Length > 0)
        {
            throw new ModelConfigException(File, problems);
        }
    }

    /// <summary>Hands a nested object's problems to the file that holds it.</summary>
    internal void CheckInto(ModelConfig outer)
    {
        var unknown = _fields.Where(f => !_read.Contains(f.Key) && !Empty(f.Value)).Select(f => $"field '{Printable(f.Key)}' is not known here");
        foreach (var problem in _problems.Concat(unknown))
        {
            outer.Problem($"{File.Split(", ")[^1]}: {problem}");
        }
    }

    private Dictionary<int, string> LabelNames()
    {
        var names = new Dictionary<int, string>();
        if (Has("id2label") && Element("id2label").ValueKind == JsonValueKind.Object)
        {
            foreach (var label in Element("id2label").EnumerateObject())
            {
                if (int.TryParse(label.Name, out var k) && label.Value.ValueKind == JsonValueKind.String)
                {
                    names[k] = label.Value.GetString()!;
                }
            }
        }
        return names;
    }

    private JsonElement Element(string name)
    {
        _read.Add(name);
        return _fields[name];
    }

    private JsonElement? Find(string names)
    {
        JsonElement? found = null;
        foreach (var name in names.Split('|'))
        {
            _read.Add(name);
            found ??= Has(name) ? _fields[name] : null;
        }
        return found;
    }

    // Off, nothing and none change nothing.
    private static bool Empty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        _ => false,
    };

    private T Missing<T>(string name, T stand) => Wrong(name, "is missing", stand);

    private T Wrong<T>(string name, string problem, T stand)
    {
        _problems.Add($"field '{name.Split('|')[0]}' {problem}");
        return stand;
    }

    private static string Shown(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        _ => Printable(element.GetRawText()),
    };

    private static string Printable(string text) => new(text.Take(60).Select(c => char.IsControl(c) ? '?' : c).ToArray());
}
