namespace Appliance.Sdk.Yaml;

/// <summary>A value of a YAML file with the line it stands on, so that every complaint can name its place.</summary>
public abstract record YamlNode(int Line);

/// <summary>A single value, always text; the reader of a field decides what it means.</summary>
public sealed record YamlScalar(string Value, int Line) : YamlNode(Line);

/// <summary>A list.</summary>
public sealed record YamlList(IReadOnlyList<YamlNode> Items, int Line) : YamlNode(Line);

/// <summary>Named values in the order of the file.</summary>
public sealed record YamlMap(IReadOnlyDictionary<string, YamlNode> Fields, int Line) : YamlNode(Line);
