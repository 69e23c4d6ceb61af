using System.Globalization;

namespace Appliance.Workers.Launching;

/// <summary>A control group of the kernel around one worker and all that it starts: memory with its scratch, tasks, processor time. What rlimits count for each process, this counts for all of them.</summary>
/// <remarks>Version 2 (one tree) or version 1 (a tree for each of memory, pids, cpu). Only where the host may make groups, which is root or a delegated tree;
/// elsewhere the worker's own rlimits stand alone. A worker that a unit starts has the unit's group.</remarks>
internal sealed class ControlGroup : IDisposable
{
    private const string Root = "/sys/fs/cgroup", Parent = "appliance";
    private const int PeriodMicroseconds = 100_000, RemoveTries = 40, RemoveMilliseconds = 50;

    // Enters each group and becomes the program: nothing of a plugin runs before.
    private const string Enter = "n=$1; shift; while [ $n -gt 0 ]; do echo $$ > \"$1\" || exit 125; shift; n=$((n-1)); done; exec \"$@\"";
    private static int _count;
    private readonly string[] _folders;

    private ControlGroup(string[] folders) => _folders = folders;

    /// <summary>The arguments of <c>/bin/sh</c> that start a program inside.</summary>
    internal IEnumerable<string> Around(string program) =>
        ["-c", Enter, "sh", _folders.Length.ToString(CultureInfo.InvariantCulture), .. _folders.Select(f => Path.Combine(f, "cgroup.procs")), program];

    /// <returns>Null where the kernel, or the host's rights, have none to give.</returns>
    internal static ControlGroup? Make(WorkerOptions options)
    {
        var name = $"{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";
        var whole = File.Exists(Path.Combine(Root, "cgroup.controllers"));
        var made = new List<string>();
        try
        {
            foreach (var tree in whole ? new[] { "" } : ["memory", "pids", "cpu"])
            {
                var parent = Path.Combine(Root, tree, Parent);
                Directory.CreateDirectory(parent);
                Sweep(parent);
                if (whole)
                {
                    Set(Root, "cgroup.subtree_control", "+memory +pids +cpu");
                    Set(parent, "cgroup.subtree_control", "+memory +pids +cpu");
                }
                var folder = Path.Combine(parent, name);
                Directory.CreateDirectory(folder);
                made.Add(folder);
                Limit(folder, tree, options);
            }
            return new ControlGroup([.. made]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            made.ForEach(f => Remove(f));
            return null;
        }
    }

    public void Dispose() => _ = Task.Run(async () =>
    {
        foreach (var folder in _folders)
        {
            // A group goes only when its last process has gone.
            for (var tries = 0; tries < RemoveTries && !Remove(folder); tries++)
            {
                await Task.Delay(RemoveMilliseconds);
            }
        }
    });

    private static void Limit(string folder, string tree, WorkerOptions options)
    {
        var machine = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1048576;
        // What it writes to its two scratches is memory too.
        var bytes = ((options.MemoryMegabytes > 0 ? options.MemoryMegabytes : machine * 3 / 4) + (2L * options.ScratchMegabytes)) * 1048576;
        var quota = options.Threads > 0 ? (long)options.Threads * PeriodMicroseconds : -1;
        (string File, string Value)[] settings = tree switch
        {
            "" => [("memory.max", $"{bytes}"), ("memory.swap.max", "0"), ("pids.max", $"{options.TasksMax}"), ("cpu.max", quota > 0 ? $"{quota} {PeriodMicroseconds}" : "max")],
            "memory" => [("memory.limit_in_bytes", $"{bytes}")],
            "pids" => [("pids.max", $"{options.TasksMax}")],
            _ => [("cpu.cfs_quota_us", $"{quota}")],
        };
        foreach (var (file, value) in settings.Where(s => File.Exists(Path.Combine(folder, s.File))))
        {
            Set(folder, file, value);
        }
    }

    // Groups of a host that was killed.
    private static void Sweep(string parent)
    {
        foreach (var folder in Directory.GetDirectories(parent).Where(f => !Directory.Exists($"/proc/{Path.GetFileName(f).Split('-')[0]}")))
        {
            Remove(folder);
        }
    }

    private static void Set(string folder, string file, string value) => File.WriteAllText(Path.Combine(folder, file), value);

    private static bool Remove(string folder)
    {
        try
        {
            Directory.Delete(folder);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return !Directory.Exists(folder);
        }
    }
}
