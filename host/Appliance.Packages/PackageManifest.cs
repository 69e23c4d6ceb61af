using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Appliance.Packages;

/// <summary>One file of a package.</summary>
/// <param name="Path">Below the package, with forward slashes.</param>
/// <param name="Sha256">Lower-case hexadecimal.</param>
public sealed record PackagedFile(string Path, long Size, string Sha256);

/// <summary>What a plugin package is and holds: every file by its hash. The signature is over these bytes.</summary>
/// <param name="Format">1.</param>
/// <param name="Version">Three numbers; it never goes back on one machine.</param>
/// <param name="Sdk">Major version of the SDK that it was built against.</param>
/// <param name="Capabilities">What it asks for beyond answering; see <see cref="Sdk.Plugins.PluginManifest.KnownCapabilities"/>.</param>
public sealed partial record PackageManifest(
    int Format, string Id, string Version, int Sdk, IReadOnlyList<string> Tasks, IReadOnlyList<string> Capabilities, IReadOnlyList<PackagedFile> Files)
{
    /// <summary>Its name in the package.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The maker's signature.</summary>
    public const string SignatureName = FileName + ".minisig";

    /// <summary>The site's own signature: who runs the machine agreed.</summary>
    public const string SiteSignatureName = FileName + ".site.minisig";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false, MaxDepth = 8,
    };

    /// <exception cref="PackageException">It is no manifest of this format.</exception>
    public static PackageManifest Parse(ReadOnlySpan<byte> json)
    {
        PackageManifest? read;
        try
        {
            read = JsonSerializer.Deserialize<PackageManifest>(json, Json);
        }
        catch (JsonException)
        {
            throw new PackageException("manifest", "manifest.json is not a manifest of this format: a field is missing, unknown or of another kind");
        }
        return read is { Format: 1 } && IdPattern().IsMatch(read.Id) && System.Version.TryParse(read.Version, out _) && read.Files.Count > 0
            && read.Files.All(f => PackageFiles.IsName(f.Path) && f.Size >= 0 && f.Sha256.Length == 64)
            ? read
            : throw new PackageException("manifest", "manifest.json has a format, id, version or file name that is not allowed");
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>Three numbers that compare.</summary>
    public Version Number() => System.Version.Parse(Version);

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,63}\z", RegexOptions.NonBacktracking)]
    private static partial Regex IdPattern();
}

/// <summary>A package that is refused, and why.</summary>
/// <param name="code">One word, such as <c>unsigned</c>.</param>
public sealed class PackageException(string code, string reason) : Exception($"The package is refused: {reason}.")
{
    public string Code { get; } = code;
}
