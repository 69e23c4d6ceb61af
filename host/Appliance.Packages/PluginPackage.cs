using System.Security.Cryptography;
using Appliance.Crypto;
using Appliance.Sdk.Plugins;

namespace Appliance.Packages;

/// <summary>A plugin as one signed file, <c>ID-VERSION.aplug</c>: made, signed, checked, unpacked.</summary>
public sealed class PluginPackage
{
    private const string PluginFile = "plugin.yaml";
    private readonly Dictionary<string, byte[]> _files;
    private readonly byte[] _manifest;

    private PluginPackage(Dictionary<string, byte[]> files, byte[] manifest)
    {
        (_files, _manifest) = (files, manifest);
        Manifest = PackageManifest.Parse(manifest);
    }

    public PackageManifest Manifest { get; }

    /// <summary>Of the manifest, lower-case hexadecimal: names this exact package.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(_manifest));

    /// <summary>The key that the maker signed with, if it is one of these.</summary>
    public MinisignPublicKey? Maker(IEnumerable<MinisignPublicKey> keys) => Signer(keys, PackageManifest.SignatureName);

    /// <summary>The key that the site signed with, if it is one of these.</summary>
    public MinisignPublicKey? Site(IEnumerable<MinisignPublicKey> keys) => Signer(keys, PackageManifest.SiteSignatureName);

    /// <summary>What its code reaches for; a lint that an approver reads, never the boundary.</summary>
    public AdmissionReport Admission => AdmissionReport.Of(_files.Where(f => f.Key.EndsWith(".dll", StringComparison.Ordinal)));

    /// <summary>Packs a plugin's build folder.</summary>
    /// <exception cref="PackageException">plugin.yaml is missing or wrong, or a file's name is not allowed.</exception>
    public static PluginPackage Pack(string folder)
    {
        var files = new Dictionary<string, byte[]>();
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(p => !p.EndsWith(".pdb", StringComparison.Ordinal)))
        {
            var name = Path.GetRelativePath(folder, path);
            files[name] = PackageFiles.IsName(name) ? File.ReadAllBytes(path) : throw new PackageException("name", $"the file name {name} is not allowed: letters, digits, . _ - only");
        }
        if (!files.TryGetValue(PluginFile, out var yaml))
        {
            throw new PackageException("manifest", $"{folder} has no {PluginFile}; give the folder that a build of the plugin wrote");
        }
        var (plugin, errors) = PluginManifest.Read(System.Text.Encoding.UTF8.GetString(yaml));
        if (plugin is null)
        {
            throw new PackageException("manifest", string.Join("; ", errors));
        }
        files[Sbom.FileName] = Sbom.Of(plugin, files);
        var manifest = new PackageManifest(
            1, plugin.Id, plugin.Version, plugin.SdkMajor, [.. plugin.Tasks.Select(t => t.Name)], plugin.Capabilities,
            [.. files.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => new PackagedFile(f.Key, f.Value.Length, Convert.ToHexStringLower(SHA256.HashData(f.Value))))]).ToBytes();
        files[PackageManifest.FileName] = manifest;
        return new PluginPackage(files, manifest);
    }

    /// <summary>Opens a package and checks every file against the manifest; signatures are asked for afterwards.</summary>
    /// <exception cref="PackageException">It is damaged or was changed.</exception>
    public static PluginPackage Open(byte[] package) => Checked(PackageFiles.Read(package));

    private static PluginPackage Checked(Dictionary<string, byte[]> files)
    {
        // 1 The manifest, which names every file.
        var manifest = files.GetValueOrDefault(PackageManifest.FileName) ?? throw new PackageException("manifest", "it has no manifest.json");
        var opened = new PluginPackage(files, manifest);

        // 2 Every file of the manifest, and no other.
        var listed = opened.Manifest.Files.ToDictionary(f => f.Path);
        foreach (var (name, content) in files.Where(f => !IsSeal(f.Key)))
        {
            if (!listed.Remove(name, out var file) || file.Size != content.Length || file.Sha256 != Convert.ToHexStringLower(SHA256.HashData(content)))
            {
                throw new PackageException("changed", $"the file {name} is not the one that was packed");
            }
        }
        if (listed.Count > 0)
        {
            throw new PackageException("changed", $"the file {listed.Keys.First()} is missing");
        }

        // 3 The plugin says of itself what the manifest says.
        var (plugin, errors) = PluginManifest.Read(System.Text.Encoding.UTF8.GetString(files.GetValueOrDefault(PluginFile) ?? []));
        if (plugin is null)
        {
            throw new PackageException("manifest", string.Join("; ", errors));
        }
        return (plugin.Id, plugin.Version, plugin.SdkMajor) == (opened.Manifest.Id, opened.Manifest.Version, opened.Manifest.Sdk)
            && plugin.Capabilities.SequenceEqual(opened.Manifest.Capabilities)
            ? opened
            : throw new PackageException("changed", "plugin.yaml and manifest.json name different plugins");
    }

    /// <summary>The same with a signature of its maker or of the site.</summary>
    public PluginPackage Signed(MinisignSecretKey key, bool site)
    {
        var name = site ? PackageManifest.SiteSignatureName : PackageManifest.SignatureName;
        var signature = Minisign.Sign(key, _manifest, $"{(site ? "site approves" : "maker signs")} {Manifest.Id} {Manifest.Version}");
        return new PluginPackage(new Dictionary<string, byte[]>(_files) { [name] = System.Text.Encoding.UTF8.GetBytes(signature) }, _manifest);
    }

    public byte[] ToBytes() => PackageFiles.Write(_files);

    /// <summary>Writes all files into a folder that is not there yet.</summary>
    public void Unpack(string folder)
    {
        foreach (var (name, content) in _files)
        {
            var path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!); // below the folder
            File.WriteAllBytes(path, content);
        }
    }

    /// <summary>A package that was unpacked, checked as a whole again.</summary>
    /// <exception cref="PackageException">A file was added, changed or taken away since.</exception>
    public static PluginPackage Installed(string folder)
    {
        var files = new Dictionary<string, byte[]>();
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories))
        {
            if (new FileInfo(path).LinkTarget is not null)
            {
                throw new PackageException("changed", "there is a link among its files");
            }
            if (File.Exists(path))
            {
                files[Path.GetRelativePath(folder, path)] = File.ReadAllBytes(path);
            }
        }
        return Checked(files);
    }

    private MinisignPublicKey? Signer(IEnumerable<MinisignPublicKey> keys, string name) => _files.TryGetValue(name, out var signature)
        ? Minisign.Signer(keys, _manifest, System.Text.Encoding.UTF8.GetString(signature))
        : null;

    private static bool IsSeal(string name) => name is PackageManifest.FileName or PackageManifest.SignatureName or PackageManifest.SiteSignatureName;
}
