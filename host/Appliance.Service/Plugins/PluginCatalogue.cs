using Appliance.Domain;
using Appliance.Domain.Audit;
using Appliance.Domain.Plugins;
using Appliance.Packages;
using Appliance.Sdk.Plugins;
using Appliance.Workers;

namespace Appliance.Service.Plugins;

/// <summary>Which plugins this appliance runs: those it came with and those the site installed. Every change is recorded, and swaps the whole list.</summary>
/// <param name="trustFile">trust.yaml; without it nothing but what came with the appliance runs.</param>
internal sealed class PluginCatalogue(string trustFile, PluginStore store, WorkerPool workers, IAuditLog audit) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Reads everything anew and tells the workers.</summary>
    /// <returns>What is wrong, a line each.</returns>
    internal IReadOnlyList<string> Refresh()
    {
        var (trust, problems) = Trust();
        return [.. problems, .. Use(store.List(trust))];
    }

    internal IReadOnlyList<StoredPlugin> List() => Described(store.List(Trust().Trust));

    private IEnumerable<string> Use(IReadOnlyList<StoredPlugin> stored)
    {
        var found = workers.Discover(stored.Where(p => p.State == PluginState.Active).Select(p => new InstalledPlugin(p.Manifest!, p.Folder))); // active ones were read
        return found.Concat(stored.Where(p => p.State == PluginState.NotSupported).Select(p => $"{p.Id} {p.Version}: {p.Reason}"));
    }

    private IReadOnlyList<StoredPlugin> Described(IReadOnlyList<StoredPlugin> stored)
    {
        var builtIn = workers.Plugins.Where(p => stored.All(s => s.Folder != p.Folder))
            .Select(p => new StoredPlugin(p.Manifest.Id, p.Manifest.Version, PluginState.Active, "came with the appliance", p.Folder, p.Manifest));
        return [.. builtIn.Concat(stored).Select(p => p.State == PluginState.Active && workers.Quarantined(p.Id)
            ? p with { State = PluginState.Malfunctioned, Reason = $"its workers died too often; look at it, then: appliance plugin restart {p.Id}" }
            : p)];
    }

    internal Task<Outcome<StoredPlugin>> InstallAsync(byte[] bytes, Caller caller) => ChangeAsync("plugin.install", "", caller, () =>
    {
        var (trust, problems) = Trust();
        return problems.Count > 0
            ? throw new PackageException("trust", string.Join("; ", problems))
            : store.Install(bytes, trust).Manifest.Id;
    });

    internal Task<Outcome<StoredPlugin>> EnableAsync(string id, bool enabled, Caller caller) => ChangeAsync(
        enabled ? "plugin.enable" : "plugin.disable", id, caller, () => store.Enable(id, enabled) ? id : null);

    internal Task<Outcome<StoredPlugin>> RemoveAsync(string id, Caller caller) => ChangeAsync("plugin.remove", id, caller, () => store.Remove(id) ? id : null);

    internal Task<Outcome<StoredPlugin>> RestartAsync(string id, Caller caller) => ChangeAsync(
        "plugin.restart", id, caller, () => workers.Plugins.Any(p => p.Manifest.Id == id) ? id : null);

    public void Dispose() => _one.Dispose();

    // Intent, the change, the new list, its workers ended, outcome.
    private async Task<Outcome<StoredPlugin>> ChangeAsync(string action, string id, Caller caller, Func<string?> change)
    {
        await _one.WaitAsync();
        try
        {
            var entry = new AuditEntry(action, AuditPhase.Intent, caller.Id, id.Length > 0 ? "plugin/" + id : "plugin/package") { Role = caller.Role };
            var intent = await audit.AppendAsync(entry);
            var outcome = entry with { Phase = AuditPhase.Outcome, Reference = intent.Seq };
            try
            {
                var before = workers.Plugins;
                if (change() is not { } changed)
                {
                    await audit.AppendAsync(outcome with { Code = "not-found" });
                    return new Refusal(RefusalKind.NotFound, "unknown_plugin", "No such plugin was installed here. List them with: appliance plugin list");
                }
                var stored = store.List(Trust().Trust);
                Use(stored);
                await workers.ReleaseAsync(changed, before);
                await audit.AppendAsync(outcome with { Code = "ok", Object = "plugin/" + changed });
                return Described(stored).FirstOrDefault(p => p.Id == changed) ?? new StoredPlugin(changed, "", PluginState.Disabled, "removed", "", null);
            }
            catch (PackageException e)
            {
                await audit.AppendAsync(outcome with { Code = e.Code, Decision = "deny" });
                return new Refusal(e.Code == "archive" || e.Code == "manifest" ? RefusalKind.Invalid : RefusalKind.Policy, "package_" + e.Code.Replace('-', '_'), e.Message);
            }
        }
        finally
        {
            _one.Release();
        }
    }

    private (TrustRoot Trust, IReadOnlyList<string> Problems) Trust()
    {
        if (!File.Exists(trustFile))
        {
            return (TrustRoot.Nobody, []);
        }
        var (trust, errors) = TrustRoot.Read(File.ReadAllText(trustFile));
        return (trust ?? TrustRoot.Nobody, errors.Select(e => $"trust.yaml: {e}").ToArray());
    }
}
