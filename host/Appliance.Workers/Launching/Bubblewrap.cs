namespace Appliance.Workers.Launching;

/// <summary>The walls that bubblewrap puts around whatever runs here: its own namespaces, nobody's rights, the system call filter.</summary>
internal static class Bubblewrap
{
    internal const string Program = "/usr/bin/bwrap";
    private const string Nobody = "65534";

    /// <summary>Libraries, and how they are found. No programs.</summary>
    internal static IReadOnlyList<string> Libraries { get; } = ["/usr/lib", "/usr/lib64", "/lib64", "/etc/ld.so.cache", "/etc/alternatives"];

    /// <param name="filter">Number of the descriptor that the filter is read from.</param>
    internal static IEnumerable<string> Walls(string hostname, string filter) =>
    [
        "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--disable-userns",
        "--uid", Nobody, "--gid", Nobody, "--cap-drop", "ALL", "--hostname", hostname, "--new-session", "--die-with-parent", "--seccomp", filter,
    ];

    internal static IEnumerable<string> ReadOnly(IEnumerable<string> paths) => paths.Where(Path.Exists).SelectMany(p => (string[])["--ro-bind", p, p]);
}
