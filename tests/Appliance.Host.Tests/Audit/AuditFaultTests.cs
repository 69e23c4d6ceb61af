using System.Diagnostics;

namespace Appliance.Tests.Audit;

/// <summary>Failing system calls: no record that was acknowledged is ever lost, and every fault is seen to have fired.</summary>
public sealed class AuditFaultTests
{
    private static readonly string[] Names = ["audit.db", "audit.db-wal", "audit.db-journal", "audit.db-shm", "audit-000001.db", "audit-000001.note.new", "epoch.key", "epoch.key.new", "ballast", ""];

    [SkippableTheory]
    [InlineData("pwrite64", "ENOSPC"), InlineData("pwrite64", "EIO"), InlineData("fsync", "EIO"), InlineData("fdatasync", "EIO"), InlineData("ftruncate", "EIO"), InlineData("rename", "EIO"), InlineData("openat", "EMFILE")]
    public void When_the_nth_call_fails_nothing_acknowledged_is_lost(string call, string error)
    {
        Skip.IfNot(File.Exists("/usr/bin/strace"), "needs strace");
        var fired = 0;
        var step = AuditFaults.Deep > 1 ? 1 : call == "pwrite64" ? 23 : call == "openat" ? 3 : 9;
        for (var n = 1; n < 400; n += step)
        {
            using var folder = new TempFolder();
            var trace = folder.File("trace");
            // Opening fails for the log's own files alone: a runtime that cannot open its libraries is no test of the log.
            string[] only = call == "openat" ? [.. Names.SelectMany(f => new[] { "-P", folder.File("log/" + f) })] : [];
            var (code, acknowledged) = Traced(["-f", "--seccomp-bpf", "-qq", "-o", trace, .. only, "-e", "trace=" + call, "-e", $"inject={call}:error={error}:when={n}", AuditFaults.Writer, folder.File("log"), "24", "10"]);
            if (!File.ReadAllText(trace).Contains("(INJECTED)"))
            {
                break; // it makes no more such calls than this
            }
            fired++;
            code.Should().BeOneOf([0, 1, 3, 70, 134], $"{call} {n}"); // 134: what could not even be opened ends in words before anything is served
            using var log = AuditFaults.Open(folder);
            log.Log.Size.Should().BeGreaterThanOrEqualTo(acknowledged, $"{call} {n} failed with {error}");
            log.Append().Should().BeGreaterThan(acknowledged);
        }
        if (call is "pwrite64" or "fsync" or "rename" or "openat")
        {
            fired.Should().BePositive("the fault must fire");
        }
    }

    private static (int Code, long Acknowledged) Traced(string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/strace", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var last = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "0";
        process.WaitForExit();
        errors.Wait();
        return (process.ExitCode, long.Parse(last));
    }
}
