namespace Appliance.Storage.Audit;

/// <summary>What waits for the writer. Bounded; the writer sleeps until something comes, and nobody spins.</summary>
/// <param name="limit">Most commands that may wait.</param>
internal sealed class AuditQueue(int limit)
{
    private const int GatherRecords = 64;
    private static readonly TimeSpan GatherFor = TimeSpan.FromMilliseconds(2);
    private readonly Queue<AuditCommand> _waiting = new();
    private readonly object _lock = new();
    private bool _closed;
    private int _together;

    /// <returns>False when it is full or closed.</returns>
    internal bool TryAdd(AuditCommand command)
    {
        lock (_lock)
        {
            if (_closed || _waiting.Count >= limit)
            {
                return false;
            }
            _waiting.Enqueue(command);
            if (_waiting.Count is 1 or GatherRecords)
            {
                Monitor.Pulse(_lock);
            }
            return true;
        }
    }

    /// <summary>Nothing more is taken in; what waits is still served.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _closed = true;
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>Takes what waits, or nothing after a while.</summary>
    /// <remarks>Who comes alone is served at once. When several came together the last time, a moment's wait saves most of the syncs.</remarks>
    /// <returns>False when it is closed and empty.</returns>
    internal bool Take(List<AuditCommand> group, int most, TimeSpan wait)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0 && !_closed)
            {
                Monitor.Wait(_lock, wait);
            }
            if (_together > 1 && _waiting.Count is > 0 and < GatherRecords && !_closed)
            {
                Monitor.Wait(_lock, GatherFor);
            }
            while (group.Count < most && _waiting.TryDequeue(out var next))
            {
                group.Add(next);
            }
            _together = group.Count;
            return group.Count > 0 || !_closed;
        }
    }
}
