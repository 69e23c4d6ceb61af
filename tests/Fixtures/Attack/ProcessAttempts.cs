using System.Diagnostics;
using Appliance.Sdk.Plugins;

namespace Appliance.Fixtures.Attack;

/// <summary>Other processes, new ones, namespaces, keys and the kernel's own doors. Fields: pid, host.</summary>
internal static class ProcessAttempts
{
    internal static readonly Dictionary<string, Func<TaskInput, bool>> All = new()
    {
        ["start-program"] = _ => Started("/bin/true"),
        ["start-shell"] = _ => Started("/bin/sh"),
        ["fork"] = _ => Forked(57, 0),
        ["clone-process"] = _ => Forked(56, 17),
        ["see-host-process"] = i => Directory.Exists($"/proc/{i["pid"]}") && File.ReadAllText($"/proc/{i["pid"]}/comm").Contains("Escape"),
        ["read-host-environment"] = i => File.ReadAllBytes($"/proc/{i["pid"]}/environ").Length > 0 && Named(i),
        ["read-host-memory-map"] = i => File.ReadAllText($"/proc/{i["pid"]}/maps").Length > 0 && Named(i),
        ["host-descriptors"] = i => Directory.GetFileSystemEntries($"/proc/{i["pid"]}/fd").Length > 0 && Named(i),
        ["signal-host"] = i => Kernel.Works(62, nint.Parse(i["pid"]), 0) && Named(i),
        ["trace-host"] = i => Traced(nint.Parse(i["pid"])),
        ["read-host-memory"] = i => Kernel.WithRoom(64, room => Kernel.Works(310, nint.Parse(i["pid"]), room, 0, room, 0)),
        ["process-descriptor"] = i => Kernel.Opens(434, nint.Parse(i["pid"])),
        ["compare-processes"] = i => Kernel.Works(312, nint.Parse(i["pid"]), nint.Parse(i["pid"]), 1),
        ["host-limits"] = i => Kernel.WithRoom(64, room => Kernel.Works(302, nint.Parse(i["pid"]), 7, 0, room)) && Named(i),
        ["unshare-files"] = _ => Kernel.Works(272, 0x200),
        ["unshare-network"] = _ => Kernel.Works(272, 0x40000000),
        ["unshare-mounts"] = _ => Kernel.Works(272, 0x20000),
        ["enter-namespace"] = _ => Entered(),
        ["mount"] = _ => Mounted(),
        ["change-root"] = _ => Kernel.WithText("/", path => Kernel.Works(161, path)),
        ["set-host-name"] = i => Kernel.WithText(i["host"], name => Kernel.Works(170, name, i["host"].Length)),
        ["host-name"] = i => Environment.MachineName == i["host"],
        ["become-root"] = _ => Kernel.Works(105, 0),
        ["kernel-program"] = _ => Kernel.WithRoom(128, room => Map(room)),
        ["performance-events"] = _ => Kernel.WithRoom(128, room => Events(room)),
        ["page-faults"] = _ => Kernel.Opens(323, 1),
        ["keyring"] = _ => Kernel.Works(250, 0, -3, 1),
        ["add-key"] = _ => Kernel.WithText("user", type => Kernel.WithText("escape", name => Kernel.Works(248, type, name, name, 6, -2))),
        ["kernel-log"] = _ => Kernel.WithRoom(4096, room => Kernel.Works(103, 3, room, 4096)),
        ["clock"] = _ => Kernel.WithRoom(512, room => Kernel.Works(159, room)),
        ["personality"] = _ => Kernel.Works(135, -1),
        ["fan-notify"] = _ => Kernel.Opens(300, 0, 0),
        ["file-system-context"] = _ => Kernel.WithText("tmpfs", name => Kernel.Opens(430, name)),
        ["priority"] = _ => Kernel.Works(141, 0, 0, -5),
    };

    // Inside a namespace a number may be somebody else's.
    private static bool Named(TaskInput i) => File.ReadAllText($"/proc/{i["pid"]}/comm").Contains("Escape");

    private static bool Started(string program)
    {
        using var process = Process.Start(new ProcessStartInfo(program, program == "/bin/sh" ? ["-c", "exit 0"] : []));
        return process!.WaitForExit(2000);
    }

    private static bool Forked(long number, nint flags)
    {
        var child = Kernel.Call(number, flags);
        if (child == 0)
        {
            Kernel.Call(231, 0); // the child ends at once
        }
        return child > 0;
    }

    private static bool Traced(nint host)
    {
        var traced = Kernel.Works(101, 0x4206, host); // PTRACE_SEIZE does not stop it
        return traced && (Kernel.Works(101, 17, host) || traced);
    }

    private static bool Entered()
    {
        var own = Kernel.Call(2, System.Runtime.InteropServices.Marshal.StringToCoTaskMemUTF8("/proc/self/ns/net"));
        return own >= 0 && Kernel.Works(308, (nint)own, 0x40000000);
    }

    private static bool Mounted()
    {
        Directory.CreateDirectory("/tmp/escape-mount");
        var mounted = Kernel.WithText("tmpfs", type => Kernel.WithText("/tmp/escape-mount", place => Kernel.Works(165, type, place, type)));
        if (mounted)
        {
            Kernel.WithText("/tmp/escape-mount", place => Kernel.Works(166, place));
        }
        Directory.Delete("/tmp/escape-mount");
        return mounted;
    }

    private static unsafe bool Map(nint room)
    {
        var words = (uint*)room;
        (words[0], words[1], words[2], words[3]) = (2, 4, 8, 1); // an array of one
        return Kernel.Opens(321, 0, room, 72);
    }

    private static unsafe bool Events(nint room)
    {
        var words = (uint*)room;
        (words[0], words[1]) = (1, 112); // software, the size of the structure
        return Kernel.Opens(298, room, 0, -1, -1, 0);
    }
}
