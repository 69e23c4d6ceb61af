using System.Diagnostics;
using Appliance.Storage.Audit;

namespace Appliance.Tests.Audit;

/// <summary>Kills, power cuts, failing system calls: no record that was acknowledged is ever lost, and every fault is seen to have fired.</summary>
/// <remarks>Deep runs: <c>bench/audit-faults</c> sets <c>APPLIANCE_DEEP</c> to a factor; bench/RESULTS.md has what came of them.</remarks>
public sealed class AuditFaultTests
{
    private const string Calls = "openat,pwrite64,write,fsync,fdatasync,ftruncate,rename,renameat2,unlink,unlinkat";
    private static readonly string[] Names = ["audit.db", "audit.db-wal", "audit.db-journal", "audit.db-shm", "audit-000001.db", "audit-000001.note.new", "epoch.key", "epoch.key.new", "ballast", ""];
    private static readonly int Deep = int.Parse(Environment.GetEnvironmentVariable("APPLIANCE_DEEP") ?? "1");
    private static readonly string Writer = Repository.File("artifacts", "build", "AuditWriter", "Release", "net10.0", "AuditWriter");

    [Fact]
    public void Three_hundred_kills_while_writing_lose_no_acknowledged_record()
    {
        using var folder = new TempFolder(inMemory: true); // a kill asks nothing of the disk
        var chance = new Random(1);
        long acknowledged = 0;
        var slowest = TimeSpan.Zero;
        for (var round = 0; round < 300 * Deep; round++)
        {
            using var writer = Process.Start(new ProcessStartInfo(Writer) { ArgumentList = { folder.File("log"), "1000000", "400" }, RedirectStandardOutput = true })!;
            var first = writer.StandardOutput.ReadLine();
            first.Should().NotBeNull("the writer starts on what the kill left");
            long.Parse(first!).Should().BeGreaterThan(acknowledged, "the numbers go on: nothing that was acknowledged is gone");
            acknowledged = long.Parse(first!);
            Thread.Sleep(chance.Next(1, 60));
            writer.Kill();
            // What was printed before the kill was acknowledged; a torn last line was not read by anybody.
            foreach (var line in writer.StandardOutput.ReadToEnd().Split('\n').SkipLast(1))
            {
                acknowledged = long.Parse(line);
            }
            writer.WaitForExit();
        }
        var opened = Stopwatch.StartNew();
        using (var log = Disposing(SampleLog.Open(folder.File("log"))))
        {
            slowest = opened.Elapsed;
            log.Log.Size.Should().BeGreaterThanOrEqualTo(acknowledged);
            log.Keep(folder);
        }
        slowest.Should().BeLessThan(TimeSpan.FromSeconds(2));
        var (said, code) = SampleLog.Verify(folder.File("log"), folder.Path);
        code.Should().Be(0, said);
    }

    [SkippableTheory]
    [InlineData(false), InlineData(true)]
    public void After_a_power_cut_at_any_moment_every_acknowledged_record_is_there(bool unsynced)
    {
        Skip.IfNot(File.Exists("/usr/bin/strace"), "needs strace");
        using var folder = new TempFolder();
        var (trace, log) = (folder.File("trace"), folder.File("log"));
        Directory.CreateDirectory(log);
        Run("/usr/bin/strace", ["-f", "-qq", "-y", "-xx", "-s", "10000000", "-e", "trace=" + Calls, "-o", trace, Writer, log, "120", "50", unsynced ? "normal" : "full"]).Should().Be(0);
        var (lost, opened, seen) = (0, 0, 0L);

        var states = PowerCut.Replay(trace, log, (unsynced ? 500 : 5000) * Deep, seed: 42, (files, acknowledged) =>
        {
            var size = Recovered(files, log, verify: ++opened % 50 == 0);
            lost += size < acknowledged ? 1 : 0;
            seen = Math.Max(seen, acknowledged);
        });

        (states, opened, seen).Should().Be(((unsynced ? 500 : 5000) * Deep, states, seen)).And.Match<(int, int, long)>(v => v.Item3 > 120, "the trace must hold acknowledgements");
        if (unsynced)
        {
            lost.Should().BePositive("without syncing each commit a power cut must lose records: else this test sees nothing");
        }
        else
        {
            lost.Should().Be(0);
        }
    }

    [SkippableTheory]
    [InlineData("pwrite64", "ENOSPC"), InlineData("pwrite64", "EIO"), InlineData("fsync", "EIO"), InlineData("fdatasync", "EIO"), InlineData("ftruncate", "EIO"), InlineData("rename", "EIO"), InlineData("openat", "EMFILE")]
    public void When_the_nth_call_fails_nothing_acknowledged_is_lost(string call, string error)
    {
        Skip.IfNot(File.Exists("/usr/bin/strace"), "needs strace");
        var fired = 0;
        var step = Deep > 1 ? 1 : call == "pwrite64" ? 23 : call == "openat" ? 3 : 9;
        for (var n = 1; n < 400; n += step)
        {
            using var folder = new TempFolder();
            var trace = folder.File("trace");
            // Opening fails for the log's own files alone: a runtime that cannot open its libraries is no test of the log.
            string[] only = call == "openat" ? [.. Names.SelectMany(f => new[] { "-P", folder.File("log/" + f) })] : [];
            var (code, acknowledged) = Traced(["-f", "-qq", "-o", trace, .. only, "-e", "trace=" + call, "-e", $"inject={call}:error={error}:when={n}", Writer, folder.File("log"), "24", "10"]);
            if (!File.ReadAllText(trace).Contains("(INJECTED)"))
            {
                break; // it makes no more such calls than this
            }
            fired++;
            code.Should().BeOneOf([0, 1, 3, 70, 134], $"{call} {n}"); // 134: what could not even be opened ends in words before anything is served
            using var log = Disposing(SampleLog.Open(folder.File("log")));
            log.Log.Size.Should().BeGreaterThanOrEqualTo(acknowledged, $"{call} {n} failed with {error}");
            log.Append().Should().BeGreaterThan(acknowledged);
        }
        if (call is "pwrite64" or "fsync" or "rename" or "openat")
        {
            fired.Should().BePositive("the fault must fire");
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
        using var log = Disposing(new SqliteAuditLog(
            folder.File("log"), SampleLog.Origin, SampleLog.Key, "boot-2", TimeProvider.System, SampleLog.Patient, freeBytes: () => (1L << 40, 1L << 20)));
        if (verify && log.Log.Size > 0)
        {
            log.Keep(folder);
            var (said, code) = SampleLog.Verify(folder.File("log"), folder.Path);
            code.Should().Be(0, said);
        }
        return log.Log.Size;
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

    private static int Run(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }

    private static Closing Disposing(SqliteAuditLog log) => new(log);

    private sealed record Closing(SqliteAuditLog Log) : IDisposable
    {
        internal void Keep(TempFolder folder)
        {
            File.WriteAllText(folder.File("audit.pub"), Log.PublicKeys);
            File.WriteAllBytes(folder.File("kept.note"), Log.CheckpointAsync().GetAwaiter().GetResult());
        }

        internal long Append() => Log.AppendAsync(SampleLog.Entry()).GetAwaiter().GetResult().Seq;

        public void Dispose() => Log.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
