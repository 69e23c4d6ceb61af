using System.Runtime.InteropServices;
using Appliance.Domain.Audit;
using Appliance.Domain.Plugins;
using Appliance.Workers.Launching;

namespace Appliance.Workers.Conformance;

/// <summary>Workers whose system calls are written down, for the check of a plugin on its maker's machine.</summary>
public sealed class WatchedPool : IAsyncDisposable
{
    private readonly WorkerOptions _options;

    private WatchedPool(WorkerOptions options, WorkerPool pool) => (_options, Pool) = (options, pool);

    internal WorkerPool Pool { get; }

    /// <summary>Null where strace is not installed, or the workers are not to run in bubblewrap.</summary>
    /// <param name="options">Its own; those of the pool beside it stay unwatched.</param>
    /// <param name="file">Gets the calls.</param>
    public static WatchedPool? Open(WorkerOptions options, string file, IAuditLog audit, TimeProvider clock)
    {
        if (options.Sandbox != SandboxKind.Bubblewrap || !Watch.IsInstalled)
        {
            return null;
        }
        options.WatchFile = file;
        var pool = new WorkerPool(options, audit, clock);
        pool.Discover([]);
        return new WatchedPool(options, pool);
    }

    internal IReadOnlyList<string> Attempts(InstalledPlugin plugin) => Watch.Attempts(
        File.ReadLines(_options.WatchFile!), // it was opened with one
        [plugin.Folder, Path.GetDirectoryName(Path.GetFullPath(_options.Program))!, Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")),
            .. Environment.GetEnvironmentVariable("LD_LIBRARY_PATH")?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [], .. new[] { Environment.GetEnvironmentVariable("LIBTORCH_HOME") }.OfType<string>()]);

    public ValueTask DisposeAsync() => Pool.DisposeAsync();
}
