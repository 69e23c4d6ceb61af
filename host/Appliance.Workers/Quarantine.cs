namespace Appliance.Workers;

/// <summary>Counts how often each plugin's workers die: too often in ten minutes, and it runs no more until somebody restarts it.</summary>
internal sealed class Quarantine(int deathsMax, TimeProvider clock)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);
    private readonly Dictionary<string, List<DateTimeOffset>> _deaths = [];
    private readonly Lock _lock = new();

    /// <returns>Whether this death was one too many.</returns>
    internal bool Died(string plugin)
    {
        lock (_lock)
        {
            var deaths = _deaths.TryGetValue(plugin, out var known) ? known : _deaths[plugin] = [];
            deaths.Add(clock.GetUtcNow());
            return Holds(deaths);
        }
    }

    internal bool Has(string plugin)
    {
        lock (_lock)
        {
            return _deaths.TryGetValue(plugin, out var deaths) && Holds(deaths);
        }
    }

    internal void Release(string plugin)
    {
        lock (_lock)
        {
            _deaths.Remove(plugin);
        }
    }

    // Once it holds it stays: only the deaths before it fall out of the window.
    private bool Holds(List<DateTimeOffset> deaths)
    {
        if (deaths.Count < deathsMax)
        {
            deaths.RemoveAll(d => clock.GetUtcNow() - d > Window);
        }
        return deaths.Count >= deathsMax;
    }
}
