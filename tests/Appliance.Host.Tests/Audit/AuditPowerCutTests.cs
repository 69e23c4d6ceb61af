using System.Diagnostics;
using Appliance.Storage.Audit;

namespace Appliance.Tests.Audit;

/// <summary>Power cuts between and within system calls, replayed from a trace: no record that was acknowledged is ever lost.</summary>
public sealed class AuditPowerCutTests
{
    private const string Calls = "openat,pwrite64,write,fsync,fdatasync,ftruncate,rename,renameat2,unlink,unlinkat";

    [SkippableTheory]
    [InlineData(false), InlineData(true)]
    public void After_a_power_cut_at_any_moment_every_acknowledged_record_is_there(bool unsynced)
    {
        Skip.IfNot(File.Exists("/usr/bin/strace"), "needs strace");
        using var folder = new TempFolder();
        var (trace, log) = (folder.File("trace"), folder.File("log"));
        Directory.CreateDirectory(log);
        Run("/usr/bin/strace", ["-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", "10000000", "-e", "trace=" + Calls, "-o", trace, AuditFaults.Writer, log, "120", "50", unsynced ? "normal" : "full"]).Should().Be(0);
        var (lost, opened, seen) = (0, 0, 0L);

        var states = PowerCut.Replay(trace, log, (unsynced ? 500 : 5000) * AuditFaults.Deep, seed: 42, (files, acknowledged) =>
        {
            var size = Recovered(files, log, verify: ++opened % 50 == 0);
            lost += size < acknowledged ? 1 : 0;
            seen = Math.Max(seen, acknowledged);
        });

        (states, opened, seen).Should().Be(((unsynced ? 500 : 5000) * AuditFaults.Deep, states, seen)).And.Match<(int, int, long)>(v => v.Item3 > 120, "the trace must hold acknowledgements");
        if (unsynced)
        {
            lost.Should().BePositive("without syncing each commit a power cut must lose records: else this test sees nothing");
        }
        else
        {
            lost.Should().Be(0);
        }
    }

    private static long Recovered(IReadOnlyDictionary<string, byte[]> files, string original, bool verify)
    {
        using var folder = new TempFolder(inMemory: true);
        Directory.CreateDirectory(folder.File("log"));
        foreach (var (path, content) in files.Where(f => f.Key.StartsWith(original + "/", StringComparison.Ordinal) && !f.Key.EndsWith("-shm", StringComparison.Ordinal)))
        {
            File.WriteAllBytes(folder.File("log/" + Path.GetFileName(path)), content);
        }
        using var log = new AuditFaults.Closing(new SqliteAuditLog(
            folder.File("log"), SampleLog.Origin, SampleLog.Key, "boot-2", TimeProvider.System, SampleLog.Patient, freeBytes: () => (1L << 40, 1L << 20)));
        if (verify && log.Log.Size > 0)
        {
            log.Keep(folder);
            var (said, code) = SampleLog.Verify(folder.File("log"), folder.Path);
            code.Should().Be(0, said);
        }
        return log.Log.Size;
    }

    private static int Run(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
