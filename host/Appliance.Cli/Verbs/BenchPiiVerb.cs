using System.CommandLine;
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Appliance.Domain.Privacy;

namespace Appliance.Cli.Verbs;

/// <summary><c>bench pii</c>: how fast personal data is found in a site's own texts on one thread, UTF-8 in, places out.</summary>
internal static class BenchPiiVerb
{
    private const int Rounds = 5;

    private sealed record Figures(double MegabytesPerSecond, long Finds, double MedianMicroseconds, double P99Microseconds);

    internal static Command Build()
    {
        var file = new Option<string>("--file") { Required = true, Description = "UTF-8 text; each line is a text by itself" };
        var command = new Command("pii", "Find personal data in the lines of a file, rules alone and with names; best of five rounds, nothing is kept") { file };
        command.SetAction(parsed => PiiVerbs.GuardedAsync(() =>
        {
            var texts = Texts(parsed.GetValue(file)!);
            var limit = TimeSpan.FromMinutes(1);
            var all = new JsonObject();
            foreach (var (name, title, detector) in new[] { ("structured", "structured kinds and secrets", Detector.OfRules(TimeProvider.System, limit)), ("names", "with names and addresses", new Detector(TimeProvider.System, limit)) })
            {
                var f = Measure(detector, texts);
                all[name] = new JsonObject
                {
                    ["megabytes_per_s"] = Math.Round(f.MegabytesPerSecond, 1), ["finds"] = f.Finds, ["p50_us"] = Math.Round(f.MedianMicroseconds, 1), ["p99_us"] = Math.Round(f.P99Microseconds, 1),
                };
                if (!parsed.GetValue(Session.JsonOption))
                {
                    Session.Say($"{title}: {f.MegabytesPerSecond:0.0} MB/s, {f.Finds} finds, a text p50 {f.MedianMicroseconds:0} us, p99 {f.P99Microseconds:0} us ({texts.Length} texts, best of {Rounds})");
                }
            }
            if (parsed.GetValue(Session.JsonOption))
            {
                Console.WriteLine(all.ToJsonString());
            }
            return Task.FromResult(ExitCodes.Done);
        }));
        return command;
    }

    private static ReadOnlyMemory<byte>[] Texts(string file)
    {
        ReadOnlyMemory<byte>[] texts = [.. File.ReadLines(file, Encoding.UTF8).Where(l => l.Length > 0).Select(l => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(l))];
        return texts.Length > 0 ? texts : throw new ArgumentException($"{file} has no text.");
    }

    private static Figures Measure(Detector detector, ReadOnlyMemory<byte>[] texts)
    {
        var (best, finds, times) = (double.MaxValue, 0L, new double[texts.Length]);
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            finds = 0;
            for (var k = 0; k < texts.Length; k++)
            {
                var begin = Stopwatch.GetTimestamp();
                finds += detector.Find(new(texts[k]), PlaceUnit.Utf8).Count;
                times[k] = Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
            }
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        Array.Sort(times);
        return new(texts.Sum(t => (long)t.Length) / best / 1e6, finds, times[times.Length / 2], times[times.Length * 99 / 100]);
    }
}
