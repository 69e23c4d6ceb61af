using System.Net.Sockets;
using Appliance.Domain.Plugins;

namespace Appliance.Workers.Launching;

/// <summary>Starts the process of one worker, closed in before its runtime begins.</summary>
internal interface ILauncher
{
    /// <param name="plugin">Whose files it may read; null for a worker that only looks at files.</param>
    /// <exception cref="WorkerException">It did not start; the message says what to do.</exception>
    Launched Launch(InstalledPlugin? plugin);
}

/// <summary>A process and our end of the only way to it.</summary>
internal sealed record Launched(Socket Socket, IWorkerProcess Process);

/// <summary>What the host can do to a worker's process.</summary>
internal interface IWorkerProcess : IDisposable
{
    /// <summary>Memory that it and its children hold, in bytes; 0 where another owns the process.</summary>
    long ResidentBytes { get; }

    bool IsAlive { get; }

    void Kill();

    Task WaitForExitAsync(CancellationToken cancellationToken);
}
