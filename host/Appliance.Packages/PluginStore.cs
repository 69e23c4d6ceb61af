using System.Text.Json;
using Appliance.Sdk.Plugins;

namespace Appliance.Packages;

/// <summary>Where a plugin stands.</summary>
public enum PluginState
{
    Active,

    /// <summary>Switched off by an operator.</summary>
    Disabled,

    /// <summary>Its package does not hold any more, or was never for this appliance.</summary>
    NotSupported,

    /// <summary>Its workers died too often; it waits for <c>plugin restart</c>.</summary>
    Malfunctioned,

    /// <summary>A newer version has its place.</summary>
    Superseded,
}

/// <summary>A plugin on this machine.</summary>
/// <param name="Reason">Why it is not active; empty where it is.</param>
/// <param name="Manifest">Null where it could not be read.</param>
public sealed record StoredPlugin(string Id, string Version, PluginState State, string Reason, string Folder, PluginManifest? Manifest);

/// <summary>Packages that were installed: a folder a version, checked whole each time they are listed; versions never go back.</summary>
public sealed class PluginStore(string folder)
{
    private const string StatesName = "states.json";
    private readonly string _states = Path.Combine(folder, StatesName);

    /// <summary>All versions of all plugins, each checked against the trust as it is now.</summary>
    public IReadOnlyList<StoredPlugin> List(TrustRoot trust)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }
        var states = States();
        return [.. Directory.GetDirectories(folder).Order(StringComparer.Ordinal).SelectMany(plugin =>
        {
            var versions = Directory.GetDirectories(plugin).Where(v => Version.TryParse(Path.GetFileName(v), out _))
                .OrderByDescending(v => Version.Parse(Path.GetFileName(v))).ToArray();
            return versions.Select((v, k) => Look(Path.GetFileName(plugin), v, newest: k == 0, trust, states));
        })];
    }

    /// <summary>Checks a package and puts it in its place; the version before stays, superseded.</summary>
    /// <exception cref="PackageException">It is refused; nothing was changed.</exception>
    public PluginPackage Install(byte[] bytes, TrustRoot trust)
    {
        var package = PluginPackage.Open(bytes);
        var manifest = package.Manifest;
        var states = States();
        trust.Require(package, states.TryGetValue(manifest.Id, out var known) ? Version.Parse(known.Newest) : null);
        var place = Path.Combine(folder, manifest.Id, manifest.Version);
        var fresh = place + ".new";
        if (Directory.Exists(fresh))
        {
            Directory.Delete(fresh, recursive: true); // an installation that was cut off
        }
        package.Unpack(fresh);
        if (Directory.Exists(place))
        {
            Directory.Delete(place, recursive: true);
        }
        Directory.Move(fresh, place);
        states[manifest.Id] = new State(manifest.Version, Enabled: true);
        Save(states);
        return package;
    }

    /// <returns>False where there is no such plugin.</returns>
    public bool Enable(string id, bool enabled)
    {
        var states = States();
        if (!states.TryGetValue(id, out var state) || !Directory.Exists(Path.Combine(folder, id)))
        {
            return false;
        }
        states[id] = state with { Enabled = enabled };
        Save(states);
        return true;
    }

    /// <summary>Deletes all versions; the highest one is remembered, so that an older one cannot come later.</summary>
    /// <returns>False where there is no such plugin.</returns>
    public bool Remove(string id)
    {
        var place = Path.Combine(folder, id);
        if (!States().ContainsKey(id) || !Directory.Exists(place))
        {
            return false;
        }
        Directory.Delete(place, recursive: true);
        return true;
    }

    private static StoredPlugin Look(string id, string place, bool newest, TrustRoot trust, Dictionary<string, State> states)
    {
        var version = Path.GetFileName(place);
        try
        {
            var package = PluginPackage.Installed(place);
            trust.Require(package, newest: null);
            if ((package.Manifest.Id, package.Manifest.Version) != (id, version))
            {
                throw new PackageException("changed", "its folder and its manifest name different plugins");
            }
            var manifest = PluginManifest.Read(File.ReadAllText(Path.Combine(place, "plugin.yaml"))).Manifest!; // Installed has read it
            return (newest, states.GetValueOrDefault(id)?.Enabled ?? false) switch
            {
                (false, _) => new StoredPlugin(id, version, PluginState.Superseded, "a newer version is installed", place, manifest),
                (_, false) => new StoredPlugin(id, version, PluginState.Disabled, $"switched off; on again: appliance plugin enable {id}", place, manifest),
                _ => new StoredPlugin(id, version, PluginState.Active, "", place, manifest),
            };
        }
        catch (PackageException e)
        {
            return new StoredPlugin(id, version, PluginState.NotSupported, e.Message, place, null);
        }
    }

    private Dictionary<string, State> States()
    {
        try
        {
            return File.Exists(_states) ? JsonSerializer.Deserialize<Dictionary<string, State>>(File.ReadAllBytes(_states)) ?? [] : [];
        }
        catch (JsonException)
        {
            throw new PackageException("states", $"{_states} is damaged: restore it from the backup, so that versions cannot go back");
        }
    }

    private void Save(Dictionary<string, State> states)
    {
        Directory.CreateDirectory(folder);
        var fresh = _states + ".new";
        using (var file = new FileStream(fresh, FileMode.Create))
        {
            JsonSerializer.Serialize(file, states);
            file.Flush(flushToDisk: true);
        }
        File.Move(fresh, _states, overwrite: true);
    }

    private sealed record State(string Newest, bool Enabled);
}
