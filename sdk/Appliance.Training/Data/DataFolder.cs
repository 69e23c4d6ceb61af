using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Appliance.Sdk.Plugins;

namespace Appliance.Training.Data;

/// <summary>Examples of one kind in three parts.</summary>
public sealed record Parts<T>(IReadOnlyList<T> Train, IReadOnlyList<T> Validation, IReadOnlyList<T> Test)
{
    public IEnumerable<T> All => Train.Concat(Validation).Concat(Test);
}

/// <summary>A folder of plain data files, without the service: for measuring and for tests.</summary>
/// <remarks>Files named train, dev or valid, and test are the parts; anything else is shuffled by the seed and split 70/15/15.</remarks>
public static class DataFolder
{
    private static readonly string[] TextColumns = ["text", "sentence", "content"];
    private static readonly string[] LabelColumns = ["label", "score", "class", "category"];

    /// <summary>What the folder holds, told by its files.</summary>
    /// <exception cref="InvalidDataException">No data file that is known.</exception>
    public static DataKind Kind(string folder)
    {
        var names = Files(folder).Select(f => Path.GetFileName(f).ToLowerInvariant()).ToArray();
        return names.Any(n => n.Contains("idx3-ubyte")) ? DataKind.Images
            : names.Any(n => n.Contains(".conll") || n.EndsWith(".annotated")) ? DataKind.Tags
            : names.Any(n => n.EndsWith(".json") || n.EndsWith(".json.gz")) ? DataKind.Questions
            : names.Any(n => n.EndsWith(".csv") || n.EndsWith(".tsv") || n.EndsWith(".txt") || n.EndsWith(".jsonl")) ? DataKind.Texts
            : throw new InvalidDataException($"{folder} holds no data that is known: expected .csv, .tsv, .txt or .jsonl with text and label, .conll, SQuAD's .json, or idx images.");
    }

    /// <summary>Labelled texts.</summary>
    /// <exception cref="InvalidDataException">A file has no text or label column.</exception>
    public static Parts<Example> Texts(string folder, int seed) => Split(
        Files(folder).Where(f => !f.EndsWith(".md", StringComparison.Ordinal)).Select(f => (f, Rows(f))), seed);

    /// <summary>Sentences as words with a tag each.</summary>
    public static Parts<TaggedSentence> Tags(string folder, int seed) => Split(
        Files(folder).Where(f => f.Contains(".conll", StringComparison.Ordinal) || f.EndsWith(".annotated", StringComparison.Ordinal)).Select(f => (f, Sentences(Read(f)))), seed);

    /// <summary>Questions with their contexts and answers.</summary>
    public static Parts<Question> Questions(string folder, int seed) => Split(
        Files(folder).Where(f => f.Contains(".json", StringComparison.Ordinal)).Select(f => (f, SquadQuestions(Read(f)))), seed);

    /// <summary>Grey images from 0 to 1 with their labels, from a pair of idx files.</summary>
    public static Parts<LabelledImage> Images(string folder, int seed)
    {
        var files = Files(folder).ToArray();
        var (pixels, labels) = (Bytes(files.First(f => f.Contains("idx3", StringComparison.Ordinal))), Bytes(files.First(f => f.Contains("idx1", StringComparison.Ordinal))));
        int Number(int at) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(pixels.AsSpan(at));
        var (count, height, width) = (Number(4), Number(8), Number(12));
        var images = Enumerable.Range(0, count).Select(k => new LabelledImage(
            [.. pixels.AsSpan(16 + (k * height * width), height * width).ToArray().Select(b => b / 255f)], 1, height, width, labels[8 + k].ToString(System.Globalization.CultureInfo.InvariantCulture)));
        return Split([("images", images.ToArray())], seed);
    }

    /// <summary>Plain texts: a line each of .txt files, or the text of .jsonl rows.</summary>
    public static Parts<string> Corpus(string folder, int seed) => Split(
        Files(folder).Where(f => f.Contains(".txt", StringComparison.Ordinal) || f.Contains(".jsonl", StringComparison.Ordinal)).Select(f => (f, f.Contains(".jsonl", StringComparison.Ordinal)
            ? JsonLines.Read(Read(f), f, JsonLines.ToText)
            : (IReadOnlyList<string>)[.. Read(f).Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0)])), seed);

    /// <summary>Rows of .jsonl files, such as conversations or preferences.</summary>
    /// <exception cref="InvalidDataException">A row has another shape.</exception>
    public static Parts<T> Lines<T>(string folder, int seed, Func<JsonElement, T> read) => Split(
        Files(folder).Where(f => f.Contains(".jsonl", StringComparison.Ordinal)).Select(f => (f, JsonLines.Read(Read(f), f, read))), seed);

    private static Parts<T> Split<T>(IEnumerable<(string File, IReadOnlyList<T> Rows)> files, int seed)
    {
        var read = files.Select(f => (Name: Path.GetFileName(f.File).ToLowerInvariant(), f.Rows)).ToArray();
        T[] Named(params string[] words) => [.. read.Where(f => words.Any(f.Name.Contains)).SelectMany(f => f.Rows)];
        var (train, validation, test) = (Named("train"), Named("dev", "valid"), Named("test"));
        if (train.Length > 0 && validation.Length > 0 && test.Length > 0)
        {
            return new Parts<T>(train, validation, test);
        }
        var all = read.SelectMany(f => f.Rows).ToArray();
        new Random(seed).Shuffle(all);
        var (a, b) = (all.Length * 70 / 100, all.Length * 85 / 100);
        return new Parts<T>(all[..a], all[a..b], all[b..]);
    }

    private static IReadOnlyList<Example> Rows(string file)
    {
        if (file.EndsWith(".jsonl", StringComparison.Ordinal))
        {
            return JsonLines.Read(Read(file), file, r => new Example(Field(r, TextColumns), Field(r, LabelColumns)));
        }
        var rows = DelimitedText.Rows(Read(file), file.EndsWith(".csv", StringComparison.Ordinal) ? ',' : '\t').ToArray();
        var head = rows.Length > 0 ? rows[0] : [];
        var (text, label) = (Column(head, TextColumns), Column(head, LabelColumns));
        return text < 0 || label < 0
            ? throw new InvalidDataException($"{file}: the first line names no {string.Join("/", TextColumns)} and {string.Join("/", LabelColumns)} column.")
            : [.. rows.Skip(1).Where(r => r.Length > Math.Max(text, label)).Select(r => new Example(r[text].Trim(), r[label].Trim()))];
    }

    private static int Column(string[] head, string[] names) => Array.FindIndex(head, h => names.Contains(h.Trim().TrimStart('\uFEFF').ToLowerInvariant()));

    private static string Field(JsonElement row, string[] names) => names.Select(n => row.TryGetProperty(n, out var v) ? v.ToString() : null).FirstOrDefault(v => v is not null)
        ?? throw new InvalidDataException($"there is no {string.Join("/", names)}");

    private static IReadOnlyList<TaggedSentence> Sentences(string text)
    {
        var (all, words, tags) = (new List<TaggedSentence>(), new List<string>(), new List<string>());
        foreach (var line in text.Split('\n').Append(""))
        {
            var columns = line.Trim().Split(['\t', ' '], StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length >= 2 && columns[0] != "-DOCSTART-")
            {
                words.Add(columns[0]);
                tags.Add(columns[^1].Split(',')[0]);
            }
            else if (words.Count > 0)
            {
                all.Add(new TaggedSentence([.. words], [.. tags]));
                words.Clear();
                tags.Clear();
            }
        }
        return all;
    }

    private static IReadOnlyList<Question> SquadQuestions(string json)
    {
        var found = new List<Question>();
        using var document = JsonDocument.Parse(json);
        foreach (var paragraph in document.RootElement.GetProperty("data").EnumerateArray().SelectMany(d => d.GetProperty("paragraphs").EnumerateArray()))
        {
            var context = paragraph.GetProperty("context").GetString()!;
            foreach (var qa in paragraph.GetProperty("qas").EnumerateArray())
            {
                var answers = qa.GetProperty("answers").EnumerateArray().Select(a => (Text: a.GetProperty("text").GetString()!, Start: a.GetProperty("answer_start").GetInt32()));
                found.Add(new Question(qa.GetProperty("id").ToString(), qa.GetProperty("question").GetString()!, context, [.. answers]));
            }
        }
        return found;
    }

    private static IEnumerable<string> Files(string folder) => Directory.Exists(folder)
        ? Directory.GetFiles(folder).Order(StringComparer.Ordinal)
        : throw new InvalidDataException($"There is no folder {folder}.");

    private static string Read(string file) => Encoding.UTF8.GetString(Bytes(file));

    private static byte[] Bytes(string file)
    {
        using var stream = File.OpenRead(file);
        using var plain = new MemoryStream();
        using Stream source = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        source.CopyTo(plain);
        return plain.ToArray();
    }
}
