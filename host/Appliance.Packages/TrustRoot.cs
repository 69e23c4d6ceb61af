using Appliance.Crypto;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Yaml;

namespace Appliance.Packages;

/// <summary>Whom this site trusts, from <c>trust.yaml</c>: makers' keys, its own keys, what it never runs, what plugins may ask for.</summary>
/// <param name="Revoked">Packages by <c>id@version</c> or by the hash of their manifest, and keys by their name.</param>
public sealed record TrustRoot(
    IReadOnlyList<MinisignPublicKey> Makers, IReadOnlyList<MinisignPublicKey> Site, IReadOnlyList<string> Revoked, IReadOnlyList<string> Capabilities)
{
    /// <summary>Trusts nobody: what holds where there is no trust.yaml.</summary>
    public static TrustRoot Nobody { get; } = new([], [], [], []);

    /// <returns>The trust, or null and at least one error: then nothing is installed.</returns>
    public static (TrustRoot? Trust, IReadOnlyList<string> Errors) Read(string yaml) => FieldReader.ReadFile(yaml, fields => new TrustRoot(
        Keys(fields, "makers"), Keys(fields, "site"), fields.Texts("revoked"), fields.Texts("capabilities")));

    /// <summary>Everything that must hold before a package is installed, and each time before it runs.</summary>
    /// <param name="newest">The highest version of this plugin that this machine has had; null for none.</param>
    /// <exception cref="PackageException">Something does not hold; nothing of the package was run.</exception>
    public void Require(PluginPackage package, Version? newest)
    {
        var manifest = package.Manifest;
        var maker = package.Maker(Makers) ?? throw new PackageException("unsigned", "no key under makers in trust.yaml signed it, or it was changed since");
        var site = package.Site(Site) ?? throw new PackageException(
            "not-approved", "the site has not signed it. Look at it with appliance plugin verify, then: appliance plugin sign --site --key KEY FILE");
        if (Revoked.FirstOrDefault(r => r == $"{manifest.Id}@{manifest.Version}" || r == package.Hash || r == maker.Name || r == site.Name) is { } entry)
        {
            throw new PackageException("revoked", $"trust.yaml revokes {entry}");
        }
        if (manifest.Sdk != PluginManifest.SdkMajorSupported)
        {
            throw new PackageException("sdk", $"it was built for SDK {manifest.Sdk}; this appliance has {PluginManifest.SdkMajorSupported}. Ask its maker for a newer one");
        }
        if (manifest.Capabilities.FirstOrDefault(c => !Capabilities.Contains(c)) is { } denied)
        {
            throw new PackageException("capability", $"it asks for {denied}, which trust.yaml does not allow");
        }
        if (newest is not null && manifest.Number() < newest)
        {
            throw new PackageException("older", $"version {manifest.Version} is older than {newest}, which this machine has had. Versions never go back");
        }
    }

    private static MinisignPublicKey[] Keys(FieldReader fields, string name)
    {
        var keys = new List<MinisignPublicKey>();
        foreach (var text in fields.Texts(name))
        {
            try
            {
                keys.Add(MinisignPublicKey.Parse(text));
            }
            catch (InvalidDataException)
            {
                fields.Error(fields.LineOf(name), name, "has an entry that is no minisign public key: one line of base64 that begins with RW");
            }
        }
        return [.. keys];
    }
}
