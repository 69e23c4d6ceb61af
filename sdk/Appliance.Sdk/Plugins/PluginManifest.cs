using System.Text.RegularExpressions;
using Appliance.Sdk.Yaml;

namespace Appliance.Sdk.Plugins;

/// <summary>A task as the manifest declares it.</summary>
/// <param name="InputFields">Names of the fields that a request must carry.</param>
/// <param name="Trainable">Whether the plugin can also learn this task.</param>
/// <param name="Answer">What it answers with; default classes.</param>
public sealed record TaskManifest(string Name, IReadOnlyList<string> InputFields, bool Trainable, AnswerKind Answer = AnswerKind.Class)
{
    /// <summary>Fields that a request may carry beside; any other is refused.</summary>
    public IReadOnlyList<string> OptionalFields { get; init; } = [];

    /// <summary>Those of the fields that hold a picture (JPEG, PNG or BMP in base64) and no text.</summary>
    public IReadOnlyList<string> ImageFields { get; init; } = [];

    /// <summary>The field that spans point into: the last one that a request must carry.</summary>
    public string About => InputFields.Count > 0 ? InputFields[^1] : "";
}

/// <summary>What <c>plugin.yaml</c> says of a plugin, checked before any of its code is loaded.</summary>
/// <param name="Id">Lower-case letters, digits and dashes, at most 64.</param>
/// <param name="SdkMajor">The SDK's major version that the plugin was built against.</param>
/// <param name="Assembly">File name of the assembly, in the plugin's own folder.</param>
/// <param name="Type">Full name of the type that implements <see cref="IPlugin"/>.</param>
/// <param name="Capabilities">What it asks for beyond answering, of <see cref="KnownCapabilities"/>; the site must allow each.</param>
public sealed partial record PluginManifest(
    string Id, string Version, int SdkMajor, string Assembly, string Type, IReadOnlyList<TaskManifest> Tasks, IReadOnlyList<string> Capabilities)
{
    /// <summary><c>gpu</c>: the graphics devices. <c>native-code</c>: libraries or calls outside .NET and libtorch.</summary>
    public static IReadOnlyList<string> KnownCapabilities { get; } = ["gpu", "native-code"];

    /// <summary>The SDK's own major version: a plugin of another one is refused.</summary>
    public const int SdkMajorSupported = 0;

    /// <returns>The manifest, or null and at least one error.</returns>
    public static (PluginManifest? Manifest, IReadOnlyList<string> Errors) Read(string yaml) => FieldReader.ReadFile(yaml, Read);

    private static PluginManifest Read(FieldReader fields)
    {
        var id = Named(fields, "id");
        var version = fields.Text("version");
        var sdk = fields.Integer("sdk", -1, 0, 1000);
        if (sdk != SdkMajorSupported)
        {
            fields.Error(fields.LineOf("sdk"), "sdk", $"must be {SdkMajorSupported}, the major version of this appliance's SDK");
        }
        var assembly = fields.Text("assembly");
        if (assembly != Path.GetFileName(assembly) || !assembly.EndsWith(".dll", StringComparison.Ordinal))
        {
            fields.Error(fields.LineOf("assembly"), "assembly", "must be a .dll in the plugin's own folder");
        }
        var type = fields.Text("type");
        var tasks = fields.Maps("tasks").Select(ReadTask).ToArray();
        if (tasks.Length == 0)
        {
            fields.Error(fields.LineOf("tasks"), "tasks", "must name at least one task");
        }
        var capabilities = fields.Texts("capabilities");
        if (capabilities.FirstOrDefault(c => !KnownCapabilities.Contains(c)) is { } unknown)
        {
            fields.Error(fields.LineOf("capabilities"), "capabilities", $"{unknown} is not known; known: {string.Join(", ", KnownCapabilities)}");
        }
        return new PluginManifest(id, version, sdk, assembly, type, tasks, capabilities);
    }

    private static TaskManifest ReadTask(FieldReader fields)
    {
        var task = new TaskManifest(
            Named(fields, "name"), fields.Texts("input"), fields.Flag("trainable", false), fields.Word("answer", AnswerKind.Class))
        {
            OptionalFields = fields.Texts("optional"),
            ImageFields = fields.Texts("images"),
        };
        if (task.ImageFields.FirstOrDefault(i => !task.InputFields.Contains(i)) is not null)
        {
            fields.Error(fields.LineOf("images"), "images", "must name fields of input");
        }
        fields.RefuseUnknown();
        return task;
    }

    private static string Named(FieldReader fields, string field)
    {
        var name = fields.Text(field);
        if (name.Length > 0 && !NamePattern().IsMatch(name))
        {
            fields.Error(fields.LineOf(field), field, "must be lower-case letters, digits and dashes, at most 64");
        }
        return name;
    }

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,63}\z")]
    private static partial Regex NamePattern();
}
