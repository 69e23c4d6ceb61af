namespace Appliance.Sdk.Yaml;

/// <summary>A file cannot be read as strict YAML; the message names the line and the cure.</summary>
public sealed class YamlSyntaxException(int line, string problem) : Exception($"line {line}: {problem}")
{
    /// <summary>1-based line of the problem.</summary>
    public int Line { get; } = line;
}
