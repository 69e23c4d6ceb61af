using System.Collections.Concurrent;
using Appliance.Domain;

namespace Appliance.Service.Hosting;

/// <summary>When somebody begins to work here: the first call after a quarter of an hour of silence.</summary>
internal sealed class Sessions(TimeProvider clock)
{
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(15);
    private readonly ConcurrentDictionary<Caller, long> _seen = new();

    /// <returns>True when the call begins a session: it is recorded as a login.</returns>
    internal bool Begins(Caller caller)
    {
        var (now, begins) = (clock.GetTimestamp(), true);
        _seen.AddOrUpdate(caller, now, (_, before) =>
        {
            begins = clock.GetElapsedTime(before, now) > Idle;
            return now;
        });
        return begins;
    }
}
