using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Appliance.Domain.Privacy.Recognizers;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tagging;

namespace Appliance.Bench.Tagging;

/// <summary>Trains the tagger of names: an averaged perceptron over generated texts, running text and WNUT-17, from one seed to the same bytes.</summary>
/// <remarks>Source: M. Collins, Discriminative Training Methods for Hidden Markov Models (EMNLP 2002); the average as in H. Daumé, section 2.1.1 of his thesis.</remarks>
internal static class TrainTagger
{
    private const int Seed = 17, Generated = 220_000, Epochs = 6, Runs = 5;
    private const double ForgottenWords = 0.3;

    internal static void Run(string repository, string output)
    {
        var start = Stopwatch.StartNew();
        var random = new Random(Seed);
        // 1 The texts.
        var lines = File.ReadAllLines(Path.Combine(repository, "bench/Appliance.Bench/Tagging/templates.txt")).Where(l => l.Length > 0 && l[0] != '#').ToArray();
        var templates = new Templates(lines, Words(repository), new Names(random), random);
        LabelledText[] texts = [.. Enumerable.Range(0, Generated).Select(_ => templates.Next()), .. Running(repository, random), .. Wnut(repository)];
        Console.WriteLine($"{texts.Length} texts, {texts.Sum(t => t.Tokens.Length)} words");
        // 2 Several perceptrons, each over its own order of the texts: their sum is steadier than any of them.
        var weights = new float[TaggerFeatures.Buckets * Tags.Count];
        for (var run = 0; run < Runs; run++)
        {
            foreach (var (k, w) in Perceptron(texts, random, start).Index())
            {
                weights[k] += w;
            }
        }
        // 3 In one byte a weight.
        var scale = 127 / Quantile(weights);
        sbyte[] bytes = [.. weights.Select(w => (sbyte)Math.Clamp(Math.Round(w * scale), -127, 127))];
        using var file = File.Create(output);
        using var packed = new BrotliStream(file, CompressionLevel.SmallestSize);
        packed.Write(MemoryMarshal.AsBytes(bytes.AsSpan()));
        Console.WriteLine($"{output}: {bytes.Count(b => b != 0)} weights, scale {scale:F2}");
    }

    private static float[] Perceptron(LabelledText[] texts, Random random, Stopwatch start)
    {
        var weights = new float[TaggerFeatures.Buckets * Tags.Count];
        var totals = new double[weights.Length];
        var (step, wrong, all) = (1L, 0L, 0L);
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            random.Shuffle(texts);
            (wrong, all) = (0, 0);
            foreach (var text in texts)
            {
                Learn(text, weights, totals, ref step, ref wrong, ref all, random);
            }
        }
        Console.WriteLine($"{(double)wrong / all:P2} wrong in the last round, {start.Elapsed.TotalSeconds:F0} s");
        for (var k = 0; k < weights.Length; k++)
        {
            weights[k] -= (float)(totals[k] / step); // the average over all steps
        }
        return weights;
    }

    // The largest hundredth of a thousandth is cut off, so that one outlier does not cost all others their bits.
    private static float Quantile(float[] weights)
    {
        var sorted = weights.Where(w => w != 0).Select(Math.Abs).Order().ToArray();
        return sorted[(int)(sorted.Length * 0.9995)];
    }

    private static void Learn(LabelledText text, float[] weights, double[] totals, ref long step, ref long wrong, ref long all, Random random)
    {
        var (tokens, tags) = (text.Tokens, text.Tags);
        var small = !tokens.Any(t => t.Has(Kinds.Capital));
        var seen = new Seen[tokens.Length];
        for (var k = 0; k < tokens.Length; k++)
        {
            seen[k] = TaggerFeatures.Look(text.Utf8, tokens, k);
            // A name that the tables do not have must be found as well.
            if (tags[k] > 0 && random.NextDouble() < ForgottenWords)
            {
                seen[k] = seen[k] with { Known = Known.None };
            }
        }
        Span<int> buckets = stackalloc int[TaggerFeatures.Count];
        Span<float> scores = stackalloc float[Tags.Count];
        var (last, beforeLast) = (0, 0);
        for (var k = 0; k < tokens.Length; k++)
        {
            var guess = 0;
            if (Tagger.IsCandidate(tokens, k, small))
            {
                TaggerFeatures.Of(seen, k, last, beforeLast, buckets);
                scores.Clear();
                foreach (var bucket in buckets)
                {
                    for (var tag = 0; tag < Tags.Count; tag++)
                    {
                        scores[tag] += weights[(bucket * Tags.Count) + tag];
                    }
                }
                guess = Tagger.Highest<float>(scores, last);
                if (tags[k] >= 0)
                {
                    all++;
                    step++;
                    if (guess != tags[k])
                    {
                        wrong++;
                        Move(buckets, tags[k], guess, weights, totals, step);
                    }
                }
            }
            // Training goes on from the right tag half of the time, from its own guess the other half: it must live with its mistakes.
            var next = tags[k] < 0 || random.Next(2) == 0 ? guess : tags[k];
            (last, beforeLast) = (next, last);
        }
    }

    private static void Move(ReadOnlySpan<int> buckets, int right, int guess, float[] weights, double[] totals, long step)
    {
        foreach (var bucket in buckets)
        {
            var (up, down) = ((bucket * Tags.Count) + right, (bucket * Tags.Count) + guess);
            weights[up]++;
            totals[up] += step;
            weights[down]--;
            totals[down] -= step;
        }
    }

    private static IEnumerable<LabelledText> Running(string repository, Random random)
    {
        foreach (var language in new[] { "it", "en" })
        {
            using var file = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(repository, "samples/tagger-text", language + ".txt.gz")), CompressionMode.Decompress));
            while (file.ReadLine() is { } line)
            {
                var tab = line.IndexOf('\t');
                yield return RunningText.Label(line[(tab + 1)..], line[..tab] == "story", random);
            }
        }
    }

    // Words that are written small in running text and are nobody's name.
    private static string[] Words(string repository) => [.. Running(repository, new Random(Seed)).Take(6000).SelectMany(t => t.Tokens.Where(k => !k.Has(Kinds.Capital | Kinds.Digit) && k.Length > 3 && Gazetteer.Of(k.Hash) == Known.None)
        .Select(k => System.Text.Encoding.UTF8.GetString(t.Utf8, k.Start, k.Length))).Distinct().Order(StringComparer.Ordinal)];

    private static IEnumerable<LabelledText> Wnut(string repository)
    {
        var (words, tags) = (new List<string>(), new List<string>());
        foreach (var line in File.ReadLines(Path.Combine(repository, "samples/ner-wnut17/wnut17_wnut17train.conll")))
        {
            if (line.Trim().Length > 0)
            {
                words.Add(line.Split('\t')[0]);
                tags.Add(line.Split('\t')[1].Trim());
                continue;
            }
            if (words.Count > 0)
            {
                yield return Sentence(words, tags);
            }
            words.Clear();
            tags.Clear();
        }
    }

    private static LabelledText Sentence(List<string> words, List<string> tags)
    {
        var (text, spans) = ("", new List<(int, int, int)>());
        for (var k = 0; k < words.Count; k++)
        {
            text += text.Length > 0 ? " " : "";
            var kind = tags[k].Length > 2 ? tags[k][2..] switch { "person" => 0, "location" => 1, "corporation" or "group" => 2, _ => -1 } : -1;
            if (kind >= 0 && tags[k][0] == 'B')
            {
                spans.Add((text.Length, text.Length + words[k].Length, kind));
            }
            else if (kind >= 0 && spans.Count > 0)
            {
                spans[^1] = spans[^1] with { Item2 = text.Length + words[k].Length };
            }
            text += words[k];
        }
        return LabelledText.Of(text, spans);
    }
}
