using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Appliance.Domain.Privacy;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Bench;

/// <summary>How fast personal data is found on one thread: UTF-8 in, spans out.</summary>
internal static class PiiSpeed
{
    private const int CorpusBytes = 10_000_000, MessageBytes = 2048, Messages = 20_000;
    private static readonly string[] Hostile =
    [
        "1", "1 ", "1-", "12 34 56 ", "a", "A ", "Aa ", "a@", "@", "a.b.", "::", "http://", "AB1", "A1 ", "IT60X ", "Via ", "Via Roma 1, ", "password: ", "eyJ", "<PERSON", "&#", "\\u00", "é", "’", "Mi chiamo Anna ", "+39 ", "(1) ", "1/1/", "at dot ", "4111 1111 1111 1111 ",
    ];

    /// <param name="file">Text to scan; null for the letters, novels and manuals of the samples.</param>
    internal static void Run(string repository, string? file)
    {
        var corpus = Corpus(repository, file);
        Console.WriteLine(Shares(corpus));
        foreach (var (name, detector) in new[]
        {
            ("structured types and secrets", new Detector(Detector.Structured, TimeProvider.System, TimeSpan.FromMinutes(1))),
            ("with names and addresses", new Detector(TimeProvider.System, TimeSpan.FromMinutes(1))),
        })
        {
            Console.WriteLine($"{name}: {Throughput(detector, corpus)}; {MessageTimes(detector, corpus)}");
            Console.WriteLine($"  worst of {Hostile.Length} hostile lines of 1 MB: {Worst(detector)}");
        }
    }

    // What each recognizer costs alone, with the view and the tokens under all of them first.
    private static string Shares(byte[][] corpus)
    {
        var said = new StringBuilder("  alone, MB/s:");
        foreach (var recognizer in Detector.Standard.Prepend(null))
        {
            var detector = new Detector(recognizer is null ? [] : [recognizer], TimeProvider.System, TimeSpan.FromMinutes(1));
            said.Append($" {recognizer?.Name ?? "(tokens)"} {Throughput(detector, corpus).Split(' ')[0]}");
        }
        return said.ToString();
    }

    private static string Throughput(Detector detector, byte[][] corpus)
    {
        var (scan, best, found) = (new Scan(), double.MaxValue, 0L);
        var bytes = corpus.Sum(t => (long)t.Length);
        for (var round = 0; round < 5; round++)
        {
            var start = Stopwatch.GetTimestamp();
            found = 0;
            foreach (var text in corpus)
            {
                found += detector.Find(scan, text, default);
            }
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return $"{bytes / best / 1e6:F0} MB/s ({bytes / 1e6:F1} MB, {found} finds, best of 5)";
    }

    private static string MessageTimes(Detector detector, byte[][] corpus)
    {
        var messages = corpus.SelectMany(t => t).Chunk(MessageBytes).Take(Messages).ToArray();
        var (scan, times) = (new Scan(), new double[messages.Length]);
        var allocated = 0L;
        for (var round = 0; round < 2; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var k = 0; k < messages.Length; k++)
            {
                var start = Stopwatch.GetTimestamp();
                detector.Find(scan, messages[k], default);
                times[k] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Array.Sort(times);
        return $"2 kB message p50 {times[times.Length / 2]:F0} us, p99 {times[times.Length * 99 / 100]:F0} us, {allocated / messages.Length} B allocated";
    }

    private static string Worst(Detector detector)
    {
        var worst = ("", 0.0);
        foreach (var unit in Hostile)
        {
            var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(unit, 1_000_000 / Encoding.UTF8.GetByteCount(unit))));
            var (scan, best) = (new Scan(), double.MaxValue);
            for (var round = 0; round < 3; round++)
            {
                var start = Stopwatch.GetTimestamp();
                detector.Find(scan, text, default);
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
            worst = best > worst.Item2 ? (unit, best) : worst;
        }
        return $"{worst.Item2:F0} ms ('{worst.Item1}' again and again)";
    }

    private static byte[][] Corpus(string repository, string? file)
    {
        var lines = file is not null ? File.ReadAllLines(file)
            : [.. Directory.GetFiles(Path.Combine(repository, "samples/letters-it"), "*.csv").Order(StringComparer.Ordinal).SelectMany(File.ReadAllLines),
                .. Directory.GetFiles(Path.Combine(repository, "samples/tagger-text"), "*.gz").Order(StringComparer.Ordinal).SelectMany(Unpack)];
        var (texts, bytes) = (new List<byte[]>(), 0);
        for (var k = 0; bytes < CorpusBytes; k = (k + 1) % lines.Length)
        {
            texts.Add(Encoding.UTF8.GetBytes(lines[k]));
            bytes += texts[^1].Length;
        }
        return [.. texts];
    }

    private static IEnumerable<string> Unpack(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            yield return line[(line.IndexOf('\t') + 1)..];
        }
    }
}
