using System.Text.Json;
using Appliance.Models.Checkpoints;
using static TorchSharp.torch;

namespace Appliance.Tests;

/// <summary>The reference's numbers, one folder a case: adding a folder adds a test.</summary>
/// <remarks>APPLIANCE_GOLDEN names another folder of the same shape.</remarks>
internal static class Fixtures
{
    internal static string Root { get; } = Environment.GetEnvironmentVariable("APPLIANCE_GOLDEN") is { Length: > 0 } other
        ? Path.GetFullPath(other, Repository.Root)
        : Repository.File("tests", "Golden");

    internal static string At(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>Names of the folders below a group; one empty name where there is none, so that the group is seen as skipped.</summary>
    internal static TheoryData<string> Folders(string group, string needs = "golden.json") => Rows(Names(group, needs));

    internal static string[] Names(string group, string needs = "golden.json")
    {
        var root = At(group);
        var found = !Directory.Exists(root) ? [] : Directory.GetDirectories(root)
            .Where(d => File.Exists(Path.Combine(d, needs))).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal).ToArray();
        return found;
    }

    /// <summary>One case a name; one empty name where there are none.</summary>
    internal static TheoryData<string> Rows(IReadOnlyCollection<string> names)
    {
        var data = new TheoryData<string>();
        foreach (var name in names.Count > 0 ? names : [""])
        {
            data.Add(name);
        }
        return data;
    }

    internal static JsonElement Json(string path) => JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
}

/// <summary>The expected tensors of one case, with what deviation each may have.</summary>
internal sealed class Expected : IDisposable
{
    private readonly SafeTensors _file;

    internal Expected(string folder)
    {
        set_num_threads(1); // as the reference ran: another count sums in another order, and a gate of a conv net may flip
        _file = SafeTensors.Open(Path.Combine(folder, "golden.safetensors"));
        Json = Fixtures.Json(Path.Combine(folder, "golden.json"));
    }

    internal JsonElement Json { get; }

    internal IEnumerable<string> Names(string prefix) =>
        _file.Tensors.Select(t => t.Name).Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    internal bool Has(string name) => _file.Contains(name);

    internal Tensor this[string name] => _file.Read(name);

    internal Tensor? Optional(string name) => Has(name) ? _file.Read(name) : null;

    internal string Text(string field) => Json.TryGetProperty(field, out var value) ? value.ToString() : "";

    /// <summary>The reference's own float32 error, where it was measured.</summary>
    internal double? Noise(string name) =>
        Json.TryGetProperty("noise", out var all) && all.TryGetProperty(name, out var one)
        && one.TryGetProperty("max_abs_err_fp32_vs_fp64", out var error) ? error.GetDouble() : null;

    public void Dispose() => _file.Dispose();
}
