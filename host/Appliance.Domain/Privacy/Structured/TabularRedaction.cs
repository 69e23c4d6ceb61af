using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Appliance.Domain.Privacy.Site;

namespace Appliance.Domain.Privacy.Structured;

/// <summary>How a text is built up.</summary>
public enum TextFormat
{
    Text,
    Csv,
    Json,
    Jsonl,
    Xml,
}

/// <summary>Redacts the values of CSV, JSON, JSONL and XML one by one, each under the name of its column or path; the structure stays.</summary>
/// <param name="policy">The operator of each kind.</param>
/// <param name="numbering">One for the whole file: the same person gets the same token in every column.</param>
/// <param name="columns">Operators for whole columns or paths, whatever is found in them: <c>note</c>, <c>$.customer.name</c>; null for none.</param>
public sealed class TabularRedaction(
    Redactor redactor, RedactionPolicy policy, Pseudonyms numbering, IReadOnlyDictionary<string, RedactionOperator>? columns = null)
{
    private readonly SortedDictionary<string, SortedDictionary<string, int>> _found = new(StringComparer.Ordinal);

    /// <summary>Findings by column or path, and by kind.</summary>
    public IReadOnlyDictionary<string, SortedDictionary<string, int>> Found => _found;

    /// <exception cref="DetectionFailedException">A recognizer broke: nothing of the file may be used.</exception>
    /// <exception cref="FormatException">The text is not what it is said to be; the message says where.</exception>
    public string Redact(Sensitive<string> text, TextFormat format)
    {
        var content = text.Reveal();
        return format switch
        {
            TextFormat.Csv => Rows(content),
            TextFormat.Json => Parsed(content, 1).ToJsonString(Written),
            TextFormat.Jsonl => string.Concat(content.Split('\n').Select((line, k) => line.Trim().Length == 0 ? "" : Parsed(line, k + 1).ToJsonString(Written) + "\n")),
            TextFormat.Xml => Tree(content),
            _ => Value("", content),
        };
    }

    private static readonly JsonSerializerOptions Written = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private string Rows(string content)
    {
        var rows = Csv.Read(content);
        for (var k = 1; k < rows.Count; k++)
        {
            if (rows[k].Length != rows[0].Length)
            {
                throw new FormatException($"Row {k + 1} has {rows[k].Length} fields instead of {rows[0].Length}: quote fields that hold the separator.");
            }
            for (var c = 0; c < rows[k].Length; c++)
            {
                rows[k][c] = Value(rows[0][c], rows[k][c]);
            }
        }
        return Csv.Write(rows);
    }

    private JsonNode Parsed(string content, int line)
    {
        try
        {
            var node = JsonNode.Parse(content) ?? throw new FormatException($"Line {line} is null.");
            return Walk("$", "", node);
        }
        catch (JsonException e)
        {
            throw new FormatException($"Line {line + (e.LineNumber ?? 0)} is not JSON, at byte {e.BytePositionInLine}.", e);
        }
    }

    private JsonNode Walk(string path, string key, JsonNode node)
    {
        switch (node)
        {
            case JsonObject o:
                foreach (var (name, value) in o.ToArray())
                {
                    o[name] = value is null ? null : Walk($"{path}.{name}", name, value.DeepClone());
                }
                return o;
            case JsonArray a:
                for (var k = 0; k < a.Count; k++)
                {
                    a[k] = a[k] is { } item ? Walk(path + "[]", key, item.DeepClone()) : null;
                }
                return a;
            default:
                var text = node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : node.ToJsonString();
                var put = Value(path, text, key);
                return put == text ? node : JsonValue.Create(put);
        }
    }

    private string Tree(string content)
    {
        try
        {
            // No document type: entities that grow are an attack.
            using var reader = System.Xml.XmlReader.Create(new StringReader(content), new System.Xml.XmlReaderSettings { DtdProcessing = System.Xml.DtdProcessing.Prohibit });
            var document = XDocument.Load(reader, LoadOptions.PreserveWhitespace);
            foreach (var element in document.Descendants())
            {
                foreach (var attribute in element.Attributes().Where(a => !a.IsNamespaceDeclaration))
                {
                    attribute.Value = Value($"{Path(element)}/@{attribute.Name.LocalName}", attribute.Value, attribute.Name.LocalName);
                }
                foreach (var text in element.Nodes().OfType<XText>().Where(t => t.Value.Trim().Length > 0))
                {
                    text.Value = Value(Path(element), text.Value, element.Name.LocalName);
                }
            }
            return document.ToString(SaveOptions.DisableFormatting);
        }
        catch (System.Xml.XmlException e)
        {
            throw new FormatException($"Line {e.LineNumber} is not XML, at character {e.LinePosition}.", e);
        }
    }

    private static string Path(XElement element) => "/" + string.Join('/', element.AncestorsAndSelf().Reverse().Select(e => e.Name.LocalName));

    private string Value(string path, string text, string? label = null)
    {
        if (columns?.TryGetValue(path, out var whole) == true)
        {
            Count(path, EntityTypes.Value);
            return text.Length == 0 ? text : Operations.Operators.Put(EntityTypes.Value, text, whole, numbering);
        }
        var redacted = redactor.Redact(new Sensitive<string>(text), policy, numbering, label ?? path);
        foreach (var (type, count) in redacted.Counts)
        {
            Count(path, type, count);
        }
        return redacted.Text;
    }

    private void Count(string path, string type, int count = 1)
    {
        var of = _found.TryGetValue(path, out var known) ? known : _found[path] = new SortedDictionary<string, int>(StringComparer.Ordinal);
        of[type] = of.GetValueOrDefault(type) + count;
    }
}
