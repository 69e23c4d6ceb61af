namespace Appliance.Storage.Audit;

/// <summary>Readers come and go; the one who renames files waits for a moment without any, and never long.</summary>
internal sealed class ReaderGate
{
    private readonly object _lock = new();
    private int _readers;
    private bool _closed;

    /// <summary>Waits while the gate is closed, which is as long as a file takes to be renamed.</summary>
    internal IDisposable Enter()
    {
        lock (_lock)
        {
            while (_closed)
            {
                Monitor.Wait(_lock);
            }
            _readers++;
            return new Lease(this);
        }
    }

    /// <returns>False when somebody reads: try again later.</returns>
    internal bool TryClose()
    {
        lock (_lock)
        {
            return _closed = !_closed && _readers == 0;
        }
    }

    internal void Open()
    {
        lock (_lock)
        {
            _closed = false;
            Monitor.PulseAll(_lock);
        }
    }

    private sealed class Lease(ReaderGate gate) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                lock (gate._lock)
                {
                    gate._readers--;
                }
            }
        }
    }
}
