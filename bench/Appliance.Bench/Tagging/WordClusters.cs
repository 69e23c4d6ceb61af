using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Bench.Tagging;

/// <summary>Sorts words into classes by the words that stand beside them, from running text alone: what stands behind "il ministro" is of one class, what stands behind "a" of another.</summary>
/// <remarks>Source: S. Martin, J. Liermann, H. Ney, Algorithms for bigram and trigram word clustering (1998), the exchange algorithm. There is no chance in it: the same text gives the same classes.</remarks>
internal sealed class WordClusters
{
    private const int Classes = 254, CountMin = 12, WordsMax = 72_000, Rounds = 10, TableSize = 1 << 20;
    private const int Boundary = 0, Unknown = 1; // words of their own, which stay where they are
    private readonly double[] _table = [.. Enumerable.Range(0, TableSize).Select(x => x == 0 ? 0 : x * Math.Log(x))];
    private readonly int[] _classOf;
    private readonly (int Word, int Count)[][] _next, _last;
    private readonly int[][] _bigrams = Matrix(), _turned = Matrix(); // by class and next class, and the other way round
    private readonly int[] _sums = new int[Classes], _after = new int[Classes], _before = new int[Classes];
    private readonly double[] _gains = new double[Classes];

    private WordClusters(int words, Dictionary<ulong, int> pairs)
    {
        _classOf = [.. Enumerable.Range(0, words).Select(w => w <= Unknown ? w : (w % (Classes - 2)) + 2)];
        _next = Lists(words, pairs, p => ((int)(p >> 32), (int)(uint)p));
        _last = Lists(words, pairs, p => ((int)(uint)p, (int)(p >> 32)));
        foreach (var (pair, count) in pairs)
        {
            var (a, b) = (_classOf[(int)(pair >> 32)], _classOf[(int)(uint)pair]);
            _bigrams[a][b] += count;
            _turned[b][a] += count;
            _sums[a] += count;
        }
    }

    /// <param name="corpus">A folder of running text, <c>it-*.txt.gz</c> and <c>en-*.txt.gz</c>, one paragraph a line, and <c>sources.tsv</c> with their licences.</param>
    /// <param name="output">A line for each class: its words with blanks between them, the commonest first.</param>
    internal static void Run(string corpus, string output)
    {
        var clock = Stopwatch.StartNew();
        var (words, text) = Read(corpus);
        Console.WriteLine($"{text.Length} running words, {words.Length} of them known apart, {clock.Elapsed.TotalSeconds:F0} s");
        var pairs = new Dictionary<ulong, int>();
        for (var k = 1; k < text.Length; k++)
        {
            var pair = ((ulong)text[k - 1] << 32) | (uint)text[k];
            pairs[pair] = pairs.GetValueOrDefault(pair) + 1;
        }
        var clusters = new WordClusters(words.Length, pairs);
        for (var round = 0; round < Rounds; round++)
        {
            Console.WriteLine($"round {round + 1}: {clusters.Exchange()} words moved, {clock.Elapsed.TotalSeconds:F0} s");
        }
        using var file = new StreamWriter(output) { NewLine = "\n" };
        file.WriteLine("# Words by the company they keep: one class a line, the commonest words first, with a capital where they mostly have one inside a sentence. Made by ./do train-clusters from public-domain, CC0, CC BY and permissively licensed running text.");
        foreach (var group in Enumerable.Range(Unknown + 1, words.Length - Unknown - 1).GroupBy(w => clusters._classOf[w]).OrderBy(g => g.Key))
        {
            file.WriteLine(string.Join(' ', group.Select(w => words[w])));
        }
    }

    private static int[][] Matrix() => [.. Enumerable.Range(0, Classes).Select(_ => new int[Classes])];

    private static (int, int)[][] Lists(int words, Dictionary<ulong, int> pairs, Func<ulong, (int From, int To)> read)
    {
        var lists = new List<(int, int)>[words];
        foreach (var (pair, count) in pairs)
        {
            var (from, to) = read(pair);
            (lists[from] ??= []).Add((to, count));
        }
        return [.. lists.Select(l => l?.ToArray() ?? [])];
    }

    // One look at every word: where it fits best.
    private int Exchange()
    {
        var moved = 0;
        for (var w = Unknown + 1; w < _classOf.Length; w++)
        {
            var old = _classOf[w];
            var (self, count) = Neighbours(w);
            Put(old, -1, self, count);
            var best = Best(self, count);
            Put(best, 1, self, count);
            _classOf[w] = best;
            moved += best != old ? 1 : 0;
        }
        return moved;
    }

    private (int Self, int Count) Neighbours(int w)
    {
        Array.Clear(_after);
        Array.Clear(_before);
        var (self, count) = (0, 0);
        foreach (var (other, n) in _next[w])
        {
            count += n;
            if (other == w)
            {
                self = n;
                continue;
            }
            _after[_classOf[other]] += n;
        }
        foreach (var (other, n) in _last[w])
        {
            _before[_classOf[other]] += other == w ? 0 : n;
        }
        return (self, count);
    }

    private void Put(int into, int sign, int self, int count)
    {
        for (var c = 0; c < Classes; c++)
        {
            _bigrams[into][c] += sign * _after[c];
            _turned[c][into] += sign * _after[c];
            _bigrams[c][into] += sign * _before[c];
            _turned[into][c] += sign * _before[c];
        }
        _bigrams[into][into] += sign * self;
        _turned[into][into] += sign * self;
        _sums[into] += sign * count;
    }

    // The class in which the likelihood of all pairs of classes is highest.
    private int Best(int self, int count)
    {
        Array.Clear(_gains);
        for (var c = 0; c < Classes; c++)
        {
            Add(_turned[c], _after[c]);
            Add(_bigrams[c], _before[c]);
        }
        var best = Unknown + 1;
        for (var c = Unknown + 1; c < Classes; c++)
        {
            var own = _bigrams[c][c];
            _gains[c] += F(own + _after[c] + _before[c] + self) + F(own) - F(own + _after[c]) - F(own + _before[c]) - (2 * (F(_sums[c] + count) - F(_sums[c])));
            best = _gains[c] > _gains[best] ? c : best;
        }
        return best;
    }

    private void Add(int[] have, int more)
    {
        for (var c = 0; more > 0 && c < Classes; c++)
        {
            _gains[c] += F(have[c] + more) - F(have[c]);
        }
    }

    private double F(int x) => x < TableSize ? _table[x] : x * Math.Log(x);

    private static (string[] Words, int[] Text) Read(string corpus)
    {
        var (ids, all, counts) = (new Dictionary<string, int>(), new List<int>(), new List<Counts>());
        foreach (var path in Directory.GetFiles(corpus, "*.txt.gz").Where(f => Path.GetFileName(f)[2] == '-').Order(StringComparer.Ordinal))
        {
            using var file = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
            // The novels are old and many: every second paragraph of them.
            var left = LeftOut(corpus, Path.GetFileName(path));
            for (var line = 1; file.ReadLine() is { } text; line++)
            {
                if (line < left && (!path.Contains("-2.", StringComparison.Ordinal) || line % 2 == 1))
                {
                    Cut(text, ids, all, counts);
                }
            }
        }
        var kept = Enumerable.Range(0, counts.Count).Where(w => counts[w].All >= CountMin).OrderByDescending(w => counts[w].All).Take(WordsMax).ToArray();
        var number = new int[counts.Count];
        Array.Fill(number, Unknown);
        foreach (var (k, w) in kept.Index())
        {
            number[w] = k + 2;
        }
        var names = ids.ToDictionary(p => p.Value, p => p.Key);
        return (["<s>", "<?>", .. kept.Select(w => counts[w].Capital > counts[w].Small ? char.ToUpperInvariant(names[w][0]) + names[w][1..] : names[w])], [.. all.Select(w => w < 0 ? Boundary : number[w])]);
    }

    // From which line on a file has texts under share-alike licences, which stand at its end: they are not read.
    private static int LeftOut(string corpus, string file) => File.ReadLines(Path.Combine(corpus, "sources.tsv")).Select(l => l.Split('\t'))
        .Where(f => f[2] == "B" && f[7] == file).Select(f => int.Parse(f[8], System.Globalization.CultureInfo.InvariantCulture)).DefaultIfEmpty(int.MaxValue).Min();

    // How often a word occurs, and how often inside a sentence with a capital and without.
    private readonly record struct Counts(int All, int Capital, int Small);

    private static void Cut(string line, Dictionary<string, int> ids, List<int> all, List<Counts> counts)
    {
        var utf8 = Encoding.UTF8.GetBytes(line);
        var view = new TextBytes();
        view.Read(utf8);
        var tokens = new Tokenizer();
        tokens.Cut(view.View);
        all.Add(-1);
        var end = 0;
        foreach (var token in tokens.Tokens)
        {
            if (end > 0 && view.View[end..token.Start].IndexOfAny(".;:!?()\""u8) >= 0)
            {
                all.Add(-1);
            }
            end = token.End;
            var word = token.Has(Kinds.Digit) ? "<0>" : Encoding.UTF8.GetString(view.View[token.Start..token.End]).ToLowerInvariant();
            if (!ids.TryGetValue(word, out var id))
            {
                ids[word] = id = counts.Count;
                counts.Add(default);
            }
            var (capital, inside) = (token.Has(Kinds.Capital), all[^1] >= 0);
            counts[id] = new Counts(counts[id].All + 1, counts[id].Capital + (capital && inside ? 1 : 0), counts[id].Small + (capital ? 0 : 1));
            all.Add(id);
        }
    }
}
