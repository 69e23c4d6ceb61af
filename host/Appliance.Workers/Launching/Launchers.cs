using Appliance.Domain.Plugins;

namespace Appliance.Workers.Launching;

/// <summary>How workers are closed in.</summary>
public enum SandboxKind
{
    /// <summary>The plugin's systemd socket where it is there, else bubblewrap; without either no plugin runs.</summary>
    Auto,

    /// <summary>Namespaces and a system-call filter, set up by bubblewrap.</summary>
    Bubblewrap,

    /// <summary>Socket-activated units, one a plugin.</summary>
    Systemd,

    /// <summary>None: a plugin can do what the host's user can.</summary>
    None,
}

/// <summary>Chooses a launcher; in doubt it starts nothing.</summary>
internal static class Launchers
{
    /// <exception cref="WorkerException">No sandbox is there, and none was not asked for.</exception>
    internal static ILauncher For(WorkerOptions options, InstalledPlugin? plugin) => options.Sandbox switch
    {
        SandboxKind.None => new PlainLauncher(options),
        SandboxKind.Systemd => new SystemdLauncher(options.SocketsFolder),
        SandboxKind.Auto when Path.Exists(SystemdLauncher.SocketOf(options.SocketsFolder, plugin)) => new SystemdLauncher(options.SocketsFolder),
        _ when BubblewrapLauncher.IsInstalled => new BubblewrapLauncher(options),
        _ => throw new WorkerException(
            "refused", "No sandbox for plugins is there. Install one: apt-get install bubblewrap, or the plugin's units (appliance plugin units NAME)."),
    };
}
