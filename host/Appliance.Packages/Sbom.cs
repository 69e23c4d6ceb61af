using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Appliance.Sdk.Plugins;

namespace Appliance.Packages;

/// <summary>The bill of materials of a plugin, CycloneDX 1.5: its files with hashes, and the libraries that its build names.</summary>
internal static class Sbom
{
    internal const string FileName = "sbom.cdx.json";

    internal static byte[] Of(PluginManifest plugin, IReadOnlyDictionary<string, byte[]> files)
    {
        var components = new JsonArray();
        foreach (var (name, content) in files.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            components.Add((JsonNode)new JsonObject
            {
                ["type"] = "file", ["name"] = name,
                ["hashes"] = new JsonArray(new JsonObject { ["alg"] = "SHA-256", ["content"] = Convert.ToHexStringLower(SHA256.HashData(content)) }),
            });
        }
        foreach (var (name, version) in files.Where(f => f.Key.EndsWith(".deps.json", StringComparison.Ordinal)).SelectMany(f => Libraries(f.Value)).Distinct())
        {
            components.Add((JsonNode)new JsonObject { ["type"] = "library", ["name"] = name, ["version"] = version, ["purl"] = $"pkg:nuget/{name}@{version}" });
        }
        return JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["bomFormat"] = "CycloneDX", ["specVersion"] = "1.5", ["version"] = 1,
            ["metadata"] = new JsonObject { ["component"] = new JsonObject { ["type"] = "application", ["name"] = plugin.Id, ["version"] = plugin.Version } },
            ["components"] = components,
        });
    }

    // "libraries": { "NAME/VERSION": { "type": "package", ... } }
    private static IEnumerable<(string Name, string Version)> Libraries(byte[] deps) =>
        (JsonNode.Parse(deps)?["libraries"]?.AsObject() ?? []).Where(l => l.Value?["type"]?.GetValue<string>() == "package")
            .Select(l => l.Key.Split('/')).Where(p => p.Length == 2).Select(p => (p[0], p[1]));
}
