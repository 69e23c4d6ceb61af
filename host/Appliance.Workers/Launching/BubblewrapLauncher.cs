using System.Globalization;
using System.Runtime.InteropServices;
using Appliance.Domain.Plugins;
using Microsoft.Win32.SafeHandles;

namespace Appliance.Workers.Launching;

/// <summary>A worker in namespaces of its own: no network, no other process, the libraries and its own plugin to read, a small scratch to write.</summary>
/// <remarks>bubblewrap sets everything up and then becomes the worker: no line of a plugin, and none of its runtime, runs outside.</remarks>
internal sealed class BubblewrapLauncher(WorkerOptions options) : ILauncher
{
    // Libraries, how they are found, and what the runtime and the allocator look up about the machine. No programs.
    private static readonly string[] Readable =
    [
        .. Bubblewrap.Libraries, "/usr/share/zoneinfo", "/sys/kernel/mm/transparent_hugepage", "/sys/devices/system/cpu",
    ];

    private static readonly string[] GraphicsDevices = ["/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools"];

    internal static bool IsInstalled => File.Exists(Bubblewrap.Program);

    public Launched Launch(InstalledPlugin? plugin)
    {
        var filter = MemoryFile.Of(SeccompFilter.Bytes());
        string[] watched = options.WatchFile is { } file ? [Watch.Program, .. Watch.Arguments(file), Bubblewrap.Program] : [Bubblewrap.Program];
        IEnumerable<string> Inside(string socket) => watched[1..].Concat(Arguments(plugin, socket, filter.DangerousGetHandle().ToString()));
        return ControlGroup.Make(options) is { } group
            ? ChildProcess.Start("/bin/sh", socket => group.Around(watched[0]).Concat(Inside(socket)), new Dictionary<string, string>(), group, filter)
            : ChildProcess.Start(watched[0], Inside, new Dictionary<string, string>(), null, filter);
    }

    private List<string> Arguments(InstalledPlugin? plugin, string socket, string filter)
    {
        List<string> all =
        [
            // 1 Namespaces, and nobody's rights in them
            .. Bubblewrap.Walls("worker", filter),
        ];

        // 2 What it may write: a scratch that ends with it. Before the rest, which may lie below it.
        var size = (options.ScratchMegabytes * 1048576L).ToString(CultureInfo.InvariantCulture);
        all.AddRange(["--size", size, "--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev", "--size", size, "--tmpfs", "/dev/shm"]);

        // 3 What it may read
        all.AddRange(Bubblewrap.ReadOnly(Readable.Concat(Folders()).Distinct()));
        all.AddRange(["--symlink", "usr/lib", "/lib"]);
        var programs = Path.GetDirectoryName(Path.GetFullPath(options.Program))!; // a full path has a folder
        all.AddRange(["--ro-bind", programs, programs]);
        if (Directory.Exists(options.PluginsFolder))
        {
            all.AddRange(["--tmpfs", Path.GetFullPath(options.PluginsFolder)]); // other plugins are nobody's business
        }
        if (plugin is not null)
        {
            all.AddRange(["--ro-bind", plugin.Folder, plugin.Folder]);
        }
        foreach (var device in options.Device == "cpu" ? [] : GraphicsDevices.Concat(Directory.GetFiles("/dev", "nvidia?")).Where(File.Exists))
        {
            all.AddRange(["--dev-bind", device, device]);
        }
        if (Directory.Exists(options.PluginsFolder))
        {
            all.AddRange(["--remount-ro", Path.GetFullPath(options.PluginsFolder)]); // or it were a second scratch
        }

        // 4 Nothing else, and no variable of the host
        all.AddRange(["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--clearenv"]);
        foreach (var (name, value) in WorkerEnvironment.Variables().Append(new KeyValuePair<string, string>("DOTNET_ROOT", RuntimeRoot())))
        {
            all.AddRange(["--setenv", name, value]);
        }
        all.AddRange([options.Program, "--fd", socket, .. ChildLimits.Arguments(options)]);
        return all;
    }

    private static IEnumerable<string> Folders() => new[] { RuntimeRoot(), Environment.GetEnvironmentVariable("LIBTORCH_HOME") }
        .Concat(Environment.GetEnvironmentVariable("LD_LIBRARY_PATH")?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [])
        .Where(p => !string.IsNullOrEmpty(p)).Select(p => Path.GetFullPath(p!)); // filtered

    // .../shared/Microsoft.NETCore.App/VERSION/ -> the root that a program is started from
    private static string RuntimeRoot() => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
}
