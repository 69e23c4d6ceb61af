using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Appliance.Sdk.Yaml;

/// <summary>Reads one YAML document of maps, lists and text; refuses what makes YAML dangerous or ambiguous.</summary>
/// <remarks>No anchors and aliases (they multiply), no tags (they name types), no duplicate keys, bounded size and depth.</remarks>
public static class StrictYaml
{
    public const int CharactersMax = 1 << 20;
    private const int DepthMax = 16;

    /// <exception cref="YamlSyntaxException">The text is not strict YAML, or not a map at its top.</exception>
    public static YamlMap Parse(string text)
    {
        if (text.Length > CharactersMax)
        {
            throw new YamlSyntaxException(1, $"the file is longer than {CharactersMax} characters");
        }
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (parser.TryConsume<StreamEnd>(out _))
            {
                throw new YamlSyntaxException(1, "the file is empty");
            }
            parser.Consume<DocumentStart>();
            var root = Read(parser, 0);
            parser.Consume<DocumentEnd>();
            if (!parser.TryConsume<StreamEnd>(out _))
            {
                throw new YamlSyntaxException(root.Line, "the file holds more than one document");
            }
            return root as YamlMap ?? throw new YamlSyntaxException(root.Line, "expected 'name: value' lines at the top");
        }
        catch (YamlException e)
        {
            throw new YamlSyntaxException((int)e.Start.Line, "this is not valid YAML: check indentation, quotes and colons");
        }
    }

    private static YamlNode Read(Parser parser, int depth)
    {
        var line = (int)(parser.Current?.Start.Line ?? 0);
        if (depth > DepthMax)
        {
            throw new YamlSyntaxException(line, $"nested deeper than {DepthMax} levels");
        }
        if (parser.Current is NodeEvent { Anchor.IsEmpty: false } or AnchorAlias)
        {
            throw new YamlSyntaxException(line, "anchors and aliases are not accepted: write the value out");
        }
        if (parser.Current is NodeEvent { Tag.IsEmpty: false })
        {
            throw new YamlSyntaxException(line, "tags (!...) are not accepted");
        }
        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return new YamlScalar(scalar.Value, line);
        }
        return parser.TryConsume<SequenceStart>(out _) ? ReadList(parser, line, depth) : ReadMap(parser, line, depth);
    }

    private static YamlList ReadList(Parser parser, int line, int depth)
    {
        var items = new List<YamlNode>();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(Read(parser, depth + 1));
        }
        return new YamlList(items, line);
    }

    private static YamlMap ReadMap(Parser parser, int line, int depth)
    {
        parser.Consume<MappingStart>();
        var fields = new Dictionary<string, YamlNode>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = Read(parser, depth + 1) as YamlScalar ?? throw new YamlSyntaxException(line, "a key must be plain text");
            if (!fields.TryAdd(key.Value, Read(parser, depth + 1)))
            {
                throw new YamlSyntaxException(key.Line, $"'{key.Value}' stands twice");
            }
        }
        return new YamlMap(fields, line);
    }
}
