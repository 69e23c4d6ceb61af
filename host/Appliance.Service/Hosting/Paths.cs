namespace Appliance.Service.Hosting;

/// <summary>Where the appliance keeps its things: installed under the system's folders, or all under one root.</summary>
public sealed record Paths(string Configuration, string State, string Runtime)
{
    private const int SocketPathMax = 107;

    public string Policies => Path.Combine(Configuration, "policies");

    /// <summary>Whose plugins run here.</summary>
    public string Trust => Path.Combine(Configuration, "trust.yaml");

    /// <summary>Plugins that the site installed.</summary>
    public string Plugins => Path.Combine(State, "plugins");

    public string Schedules => Path.Combine(Configuration, "schedules");

    public string Socket => Path.Combine(Runtime, "api.sock");

    /// <summary>The log: its open segment, the sealed ones, and the key of the epoch.</summary>
    public string Audit => Path.Combine(State, "audit");

    public string AuditPublicKey => Path.Combine(Audit, "audit.pub");

    public string Settings => Path.Combine(Configuration, "appliance.json");

    public string LockFile => Path.Combine(State, "host.lock");

    /// <summary>A systemd credential where there is one, else a file of our own.</summary>
    public string KeyFile => Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is { Length: > 0 } credentials
        ? Path.Combine(credentials, "master.key")
        : Path.Combine(State, "keys", "master.key");

    /// <param name="root">Null for the system's own folders.</param>
    /// <exception cref="ArgumentException">The root is too long for a socket's name.</exception>
    public static Paths Of(string? root)
    {
        var paths = root is null
            ? new Paths("/etc/appliance", "/var/lib/appliance", "/run/appliance")
            : new Paths(Path.Combine(Path.GetFullPath(root), "etc"), Path.Combine(Path.GetFullPath(root), "var"), Path.Combine(Path.GetFullPath(root), "run"));
        return paths.Socket.Length <= SocketPathMax
            ? paths
            : throw new ArgumentException($"The root is too long: {paths.Socket} has over {SocketPathMax} characters. Choose a shorter --root.");
    }
}
