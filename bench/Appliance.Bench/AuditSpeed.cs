using System.Diagnostics;
using System.Globalization;
using Appliance.Domain.Audit;
using Appliance.Storage.Audit;

namespace Appliance.Bench;

/// <summary>How fast the audit log takes records, and what that costs; and a long log for the verifier.</summary>
internal static class AuditSpeed
{
    private const int Producers = 512;

    private static readonly AuditEntry Entry = new(
        AuditActions.Infer, AuditPhase.Intent, "uid:1000", "model/sentiment/v3", "citizen-service", "allow", "r10", new string('a', 64))
    { Role = "client", Zone = "site", From = ["dataset/letters/v1"], Subjects = ["s:0123456789abcdef0123456789abcdef"] };

    private static AuditEntry Outcome(long intent) => Entry with
    {
        Phase = AuditPhase.Outcome,
        Reference = intent,
        Code = "ok",
        Microseconds = 14_400,
        Counts = new Dictionary<string, long> { ["pii.person"] = 2, ["pii.email_address"] = 1, ["requests"] = 1 },
    };

    internal static void Run(string folder)
    {
        Single(Path.Combine(folder, "single")).GetAwaiter().GetResult();
        Grouped(Path.Combine(folder, "grouped"), 400_000).GetAwaiter().GetResult();
        Requests(null).GetAwaiter().GetResult();
        Requests(Path.Combine(folder, "requests")).GetAwaiter().GetResult();
    }

    /// <summary>Writes a log of that many records, with a checkpoint, for the verifier.</summary>
    internal static async Task WriteAsync(string folder, long records)
    {
        var watch = Stopwatch.StartNew();
        await using var log = Open(folder);
        await ProduceAsync(log, records);
        File.WriteAllText(Path.Combine(folder, "audit.pub"), log.PublicKeys);
        File.WriteAllBytes(Path.Combine(folder, "kept.note"), await log.CheckpointAsync());
        var bytes = Directory.GetFiles(folder, "audit*.db").Sum(f => new FileInfo(f).Length);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"written: {records} records, {bytes / 1e9:F2} GB, {records / watch.Elapsed.TotalSeconds:F0} records/s"));
    }

    private static SqliteAuditLog Open(string folder) => new(
        folder, "appliance/bench/audit", new byte[32], "00000000-0000-0000-0000-000000000000", TimeProvider.System, new AuditOptions { AcknowledgeSeconds = 60 });

    private static async Task Single(string folder)
    {
        await using var log = Open(folder);
        var times = new List<double>();
        for (var k = 0; k < 4000; k++)
        {
            var started = Stopwatch.GetTimestamp();
            await log.AppendAsync(Entry with { Phase = AuditPhase.Event });
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        Console.WriteLine($"one record, acknowledged: {Percentiles(times)}");
    }

    private static async Task Grouped(string folder, long records)
    {
        await using var log = Open(folder);
        var watch = Stopwatch.StartNew();
        var times = await ProduceAsync(log, records);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Producers} writers at once: {records / watch.Elapsed.TotalSeconds:F0} records/s, each {Percentiles(times)}"));
    }

    private static async Task<List<double>> ProduceAsync(SqliteAuditLog log, long records)
    {
        var each = await Task.WhenAll(Enumerable.Range(0, Producers).Select(_ => Task.Run(async () =>
        {
            var times = new List<double>();
            for (var k = 0L; k < records / Producers / 2; k++)
            {
                var started = Stopwatch.GetTimestamp();
                var intent = await log.AppendAsync(Entry);
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                await log.AppendAsync(Outcome(intent.Seq));
            }
            return times;
        })));
        return [.. each.SelectMany(t => t)];
    }

    // A thousand requests a second for fifteen seconds, two records each: what of the two cores the log takes.
    private static async Task Requests(string? folder)
    {
        const int PerSecond = 1000, Seconds = 15;
        await using var log = folder is null ? null : Open(folder);
        if (log is not null)
        {
            await ProduceAsync(log, Producers * 4); // warm
        }
        var process = Process.GetCurrentProcess();
        var (cpu, watch, running, times) = (process.TotalProcessorTime, Stopwatch.StartNew(), new List<Task>(), new List<double>());
        for (var k = 0; k < PerSecond * Seconds; k++)
        {
            while (watch.Elapsed.TotalSeconds * PerSecond < k)
            {
                await Task.Delay(1);
            }
            running.Add(One());
        }
        await Task.WhenAll(running);
        process.Refresh();
        var used = (process.TotalProcessorTime - cpu).TotalSeconds / watch.Elapsed.TotalSeconds / Environment.ProcessorCount;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{PerSecond} requests/s, {(log is null ? "no log" : "two records each")}: {used:P1} of {Environment.ProcessorCount} cores; both records of a request {Percentiles(times)}"));

        async Task One()
        {
            var started = Stopwatch.GetTimestamp();
            if (log is not null)
            {
                var intent = await log.AppendAsync(Entry);
                await log.AppendAsync(Outcome(intent.Seq));
            }
            lock (times)
            {
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
        }
    }

    private static string Percentiles(List<double> times)
    {
        times.Sort();
        return string.Create(CultureInfo.InvariantCulture, $"p50 {times[times.Count / 2]:F2} ms, p99 {times[(int)(times.Count * 0.99)]:F2} ms");
    }
}
