using System.CommandLine;

namespace Appliance.Cli.Verbs;

/// <summary>What <c>pii redact</c> can be told.</summary>
internal sealed class PiiOptions
{
    internal Option<string?> Preset { get; } = new("--preset") { Description = "A file such as policies/presets/gdpr.yaml" };

    internal Option<string[]> Operators { get; } = new("--operator") { Description = "KIND=OPERATOR, or ALL=OPERATOR; again for more" };

    internal Option<string?> Key { get; } = new("--key") { Description = "File with 32 secret bytes, for hash, encrypt, format_preserve, surrogate and date_shift" };

    internal Option<string?> Subject { get; } = new("--subject") { Description = "Whose dates move together" };

    internal Option<string?> Map { get; } = new("--map") { Description = "Gets what the numbers of pseudonymize stand for, sealed with the key" };

    internal Option<string?> Purpose { get; } = new("--purpose") { Description = "What the map may be opened for" };

    internal Option<string> Format { get; } = new("--format") { DefaultValueFactory = _ => "text", Description = "text, csv, json, jsonl or xml: values are redacted, the structure stays" };

    internal Option<string[]> Columns { get; } = new("--column") { Description = "NAME=OPERATOR for a whole column or path, such as $.customer.name=hash; again for more" };

    internal void AddTo(Command command)
    {
        foreach (var option in new Option[] { Preset, Operators, Key, Subject, Map, Purpose, Format, Columns })
        {
            command.Options.Add(option);
        }
    }
}
