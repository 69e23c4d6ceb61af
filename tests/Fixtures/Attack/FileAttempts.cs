using Appliance.Sdk.Plugins;

namespace Appliance.Fixtures.Attack;

/// <summary>Reading, writing and finding what is not the plugin's. Fields: secret, outside, other, programs, plugin.</summary>
internal static class FileAttempts
{
    private const int Piece = 32 << 20;
    private const int Pieces = 8;

    internal static readonly Dictionary<string, Func<TaskInput, bool>> All = new()
    {
        ["read-secret"] = i => File.ReadAllText(i["secret"]).Length > 0,
        ["read-secret-by-call"] = i => Kernel.WithText(i["secret"], path => Kernel.Opens(2, path)),
        ["read-secret-by-proc-root"] = i => File.ReadAllText("/proc/self/root" + i["secret"]).Length > 0,
        ["read-secret-by-host-root"] = i => File.ReadAllText($"/proc/{i["pid"]}/root{i["secret"]}").Length > 0,
        ["read-secret-by-symlink"] = i => Linked(link => File.CreateSymbolicLink(link, i["secret"])),
        ["read-secret-by-hard-link"] = i => Linked(link => Kernel.WithText(i["secret"], from => Kernel.WithText(link, to => Kernel.Works(86, from, to)))),
        ["read-passwd"] = _ => File.ReadAllText("/etc/passwd").Length > 0,
        ["read-hosts"] = _ => File.Exists("/etc/hosts") && File.ReadAllText("/etc/hosts").Length >= 0,
        ["list-home"] = _ => Directory.GetFileSystemEntries(Environment.GetEnvironmentVariable("HOME") == "/nonexistent" ? "/root" : "/home").Length > 0,
        ["list-var"] = _ => Directory.GetFileSystemEntries("/var/lib").Length > 0,
        ["list-host-tmp"] = i => Directory.GetFileSystemEntries(Path.GetDirectoryName(i["outside"])!).Contains(i["outside"]),
        ["read-other-plugin"] = i => File.ReadAllText(Path.Combine(i["other"], "plugin.yaml")).Length > 0,
        ["write-outside"] = i => Written(Path.Combine(i["outside"], "written")),
        ["append-outside"] = i => Appended(Path.Combine(i["outside"], "victim")),
        ["delete-outside"] = i => Deleted(Path.Combine(i["outside"], "doomed")),
        ["make-executable-outside"] = i => Mode(Path.Combine(i["outside"], "victim")),
        ["write-programs"] = i => Written(Path.Combine(i["programs"], "escape-test")),
        ["write-own-plugin"] = i => Written(Path.Combine(i["plugin"], "escape-test")),
        ["write-root"] = _ => Written("/escape-test"),
        ["write-usr"] = _ => Written("/usr/lib/escape-test"),
        ["find-shell"] = _ => File.Exists("/bin/sh"),
        ["find-cgroups"] = _ => Directory.GetFileSystemEntries("/sys/fs/cgroup").Length > 0,
        ["find-interfaces"] = _ => Directory.GetFileSystemEntries("/sys/class/net").Length > 1,
        ["fill-tmp"] = _ => Filled("/tmp"),
        ["fill-shm"] = _ => Filled("/dev/shm"),
        ["fill-devices"] = _ => Filled("/dev"),
        ["fill-plugins"] = i => Filled(Path.GetDirectoryName(i["other"])!),
        ["file-handle"] = _ => Kernel.WithText("/", path => Kernel.WithRoom(256, room => Handle(path, room))),
        ["make-device"] = _ => Kernel.WithText("/tmp/escape-device", path => Made(path)),
    };

    private static unsafe bool Handle(nint path, nint room)
    {
        *(uint*)room = 128; // bytes that a handle may take
        return Kernel.Works(303, -100, path, room, room + 200);
    }

    private static bool Made(nint path)
    {
        var made = Kernel.Works(133, path, 0x6000 | 384, 0x700); // a block device
        File.Delete("/tmp/escape-device");
        return made;
    }

    private static bool Linked(Action<string> link)
    {
        var path = Path.Combine("/tmp", "escape-link");
        try
        {
            link(path);
            return File.ReadAllText(path).Length > 0;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static bool Written(string path)
    {
        File.WriteAllText(path, "here");
        File.Delete(path);
        return true;
    }

    private static bool Appended(string path)
    {
        File.AppendAllText(path, "here");
        return true;
    }

    private static bool Mode(string path)
    {
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        return true;
    }

    private static bool Deleted(string path)
    {
        var there = File.Exists(path);
        File.Delete(path);
        return there;
    }

    // In pieces, because one file is bounded by a limit of its own.
    private static bool Filled(string folder)
    {
        var piece = new byte[Piece];
        var names = Enumerable.Range(0, Pieces).Select(k => Path.Combine(folder, $"escape-fill-{k}")).ToArray();
        try
        {
            Array.ForEach(names, n => File.WriteAllBytes(n, piece));
            return true;
        }
        finally
        {
            Array.ForEach(names, File.Delete);
        }
    }
}
