using System.Diagnostics;
using System.Text;
using Appliance.Models.Tokenizers;

namespace Appliance.Models.Measuring;

/// <param name="MegabytesPerSecond">Of UTF-8 text, 10⁶ bytes each.</param>
/// <param name="AllocatedBytes">On this thread in the last pass, when the tokenizer is warm.</param>
public sealed record TokenizerSpeed(double MegabytesPerSecond, double TokensPerSecond, long AllocatedBytes);

/// <summary>Times a tokenizer over a text, one line at a time, on one thread.</summary>
public static class TokenizerBench
{
    private const int Passes = 5;

    /// <returns>The median pass; the first, which fills the cache of words, is not counted.</returns>
    /// <exception cref="InvalidDataException">The folder has no tokenizer, or one that is not supported.</exception>
    public static TokenizerSpeed Run(string folder, string file)
    {
        var tokenizer = Tokenizer.Open(folder);
        var lines = File.ReadAllLines(file);
        var bytes = lines.Sum(l => (long)Encoding.UTF8.GetByteCount(l) + 1);
        var (ids, times, allocated) = (new List<int>(), new List<double>(), 0L);
        for (var pass = 0; pass <= Passes; pass++)
        {
            ids.Clear();
            var before = GC.GetAllocatedBytesForCurrentThread();
            var start = Stopwatch.GetTimestamp();
            foreach (var line in lines)
            {
                tokenizer.EncodeTo(line, ids);
            }
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        var median = times.Skip(1).Order().ElementAt(Passes / 2);
        return new TokenizerSpeed(bytes / median / 1e6, ids.Count / median, allocated);
    }
}
