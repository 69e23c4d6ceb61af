using System.Text.Json;
using System.Text.RegularExpressions;
using Appliance.Models.Tokenizers.Normalizing;
using Appliance.Models.Tokenizers.Splitting;
using Appliance.Models.Tokenizers.Vocabularies;

namespace Appliance.Models.Tokenizers;

/// <summary>Tokenizers from before tokenizer.json: vocab.txt, vocab.json with merges.txt, SentencePiece .model.</summary>
/// <remarks>What such a file does not say, <c>tokenizer_config.json</c> and the class named there do, as in the reference's converters.</remarks>
internal static class OlderTokenizer
{
    private const int FileBytesMax = 64 << 20;
    private const char Mark = '\u2581';

    /// <returns>Null where the folder has none of these files.</returns>
    /// <exception cref="InvalidDataException">The files are malformed.</exception>
    internal static Tokenizer? Open(string folder)
    {
        var settings = Settings(folder);
        string At(string name) => Path.Combine(folder, name);
        if (File.Exists(At("vocab.json")) && File.Exists(At("merges.txt")))
        {
            return ByteLevel(At("vocab.json"), At("merges.txt"), settings);
        }
        if (File.Exists(At("vocab.txt")))
        {
            return WordPiece(At("vocab.txt"), settings);
        }
        var model = new[] { "tokenizer.model", "sentencepiece.bpe.model", "spiece.model", "spm.model" }.Select(At).FirstOrDefault(File.Exists);
        return model is null ? null : SentencePiece(model, settings);
    }

    private static Tokenizer WordPiece(string path, JsonElement settings)
    {
        var ids = new Dictionary<string, int>();
        foreach (var line in Lines(path))
        {
            ids[line.TrimEnd('\r')] = ids.Count;
        }
        var lower = Flag(settings, "do_lower_case", true);
        var vocabulary = new Vocabulary(ids);
        var added = Named(vocabulary.IdOf, "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");
        var (cls, sep) = (vocabulary.IdOf("[CLS]"), vocabulary.IdOf("[SEP]"));
        var strips = settings.ValueKind == JsonValueKind.Object ? TokenizerJson.Optional(settings, "strip_accents")?.GetBoolean() : null;
        return new Tokenizer(new TokenizerParts(
            new BertNormalizer(true, Flag(settings, "tokenize_chinese_chars", true), strips ?? lower, lower),
            new BertSplit(),
            new WordPieceModel(vocabulary, "[UNK]", "##", 100),
            cls is null || sep is null ? PostProcessor.None : PostProcessorJson.Around(cls.Value, sep.Value, false, 1, false, false),
            new WordPieceDecoder("##", true),
            added));
    }

    private static Tokenizer ByteLevel(string vocabularyPath, string mergesPath, JsonElement settings)
    {
        var ids = Read(vocabularyPath, bytes => JsonSerializer.Deserialize<Dictionary<string, int>>(bytes))!;
        var merges = Lines(mergesPath).Select(l => l.TrimEnd('\r')).Where((l, k) => l.Length > 0 && !(k == 0 && l.StartsWith("#version", StringComparison.Ordinal)))
            .Select(TokenModelJson.Merge).ToList();
        var vocabulary = new Vocabulary(ids);
        var roberta = Class(settings).Contains("Roberta", StringComparison.Ordinal) || (vocabulary.IdOf("<s>") is not null && vocabulary.IdOf("</s>") is not null);
        var prefix = Flag(settings, "add_prefix_space", false);
        var post = roberta
            ? PostProcessorJson.Around(vocabulary.IdOf("<s>") ?? 0, vocabulary.IdOf("</s>") ?? 2, true, 0, true, prefix)
            : PostProcessor.None with { TrimOffsets = false, PrefixSpace = prefix };
        return new Tokenizer(new TokenizerParts(
            null,
            new ByteLevelSplit(prefix, useRegex: true),
            new BpeModel(vocabulary, merges, new BpeOptions()),
            post,
            new ByteLevelDecoder(),
            [.. Named(vocabulary.IdOf, "<s>", "<pad>", "</s>", "<unk>", "<|endoftext|>"),
             .. Named(vocabulary.IdOf, "<mask>").Select(t => t with { LeftStrip = true })]));
    }

    private static Tokenizer SentencePiece(string path, JsonElement settings)
    {
        var file = SentencePieceFile.Read(path);
        var name = Class(settings);
        var fairseq = name.Contains("XLMRoberta", StringComparison.Ordinal) || Path.GetFileName(path) == "sentencepiece.bpe.model";
        var pieces = file.Pieces.Select(p => (p.Piece, (double)p.Score)).ToList();
        if (fairseq)
        {
            // XLM-RoBERTa's ids are fairseq's: four of its own in front, and the mask at the end.
            pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), .. pieces.Skip(3), ("<mask>", 0.0)];
        }
        var unknown = fairseq ? 3 : file.Pieces.FindIndex(p => p.Kind == PieceKind.Unknown);
        var bpe = file.IsBpe && !fairseq;
        ITokenModel model = bpe ? Bpe(file, pieces) : new UnigramModel(pieces, unknown < 0 ? null : unknown, file.ByteFallback);
        var special = fairseq ? ["<s>", "<pad>", "</s>", "<unk>"]
            : file.Pieces.Where(p => p.Kind is PieceKind.Control or PieceKind.Unknown or PieceKind.UserDefined).Select(p => p.Piece).ToArray();
        return new Tokenizer(new TokenizerParts(
            Prepared(file, bpe),
            bpe ? null : new MetaspaceSplit(Mark, file.AddsPrefix ? PrependScheme.Always : PrependScheme.Never, split: true),
            model,
            Ends(model, name, fairseq, settings),
            bpe ? new DecoderSequence([new ReplaceDecoder(Mark.ToString(), null, " "), new ByteFallbackDecoder(), new FuseDecoder(), new StripDecoder(' ', 1, 0)])
                : new MetaspaceDecoder(Mark, file.AddsPrefix),
            [.. Named(model.IdOf, special), .. fairseq ? Named(model.IdOf, "<mask>").Select(t => t with { LeftStrip = true }) : []]));
    }

    private static NormalizerSequence Prepared(SentencePieceFile file, bool bpe)
    {
        List<INormalizer> steps = file.CharsMap.Length > 0 ? [new CharsMap(file.CharsMap)] : [];
        if (bpe)
        {
            steps.AddRange(file.AddsPrefix ? [new Prepend(Mark.ToString())] : []);
            steps.Add(new Replace(" ", null, Mark.ToString()));
        }
        else if (file.RemovesExtraBlanks)
        {
            steps.AddRange([new Strip(false, true), new Replace(null, new Regex(" {2,}", RegexOptions.NonBacktracking), Mark.ToString())]);
        }
        return new NormalizerSequence(steps);
    }

    private static BpeModel Bpe(SentencePieceFile file, List<(string Piece, double Score)> pieces)
    {
        var ids = new Dictionary<string, int>();
        foreach (var (id, (piece, _)) in pieces.Index())
        {
            ids.TryAdd(piece, id);
        }
        var merges = MergesByScore([.. file.Pieces.Select(p => (p.Piece, p.Score, p.Kind == PieceKind.Normal))]);
        var unknown = file.Pieces.FirstOrDefault(p => p.Kind == PieceKind.Unknown).Piece;
        return new BpeModel(new Vocabulary(ids), merges, new BpeOptions(unknown, FuseUnknown: true, ByteFallback: file.ByteFallback));
    }

    /// <summary>SentencePiece joins the neighbours whose whole has the best score; a merge list in that order does the same.</summary>
    internal static List<(string Left, string Right)> MergesByScore(IReadOnlyList<(string Piece, float Score, bool Joins)> pieces)
    {
        var ids = new Dictionary<string, int>();
        foreach (var (id, (piece, _, _)) in pieces.Index())
        {
            ids.TryAdd(piece, id);
        }
        var merges = new List<(string Left, string Right, float Score, int A, int B)>();
        foreach (var (piece, score, joins) in pieces)
        {
            for (var cut = 1; joins && cut < piece.Length; cut++)
            {
                if (ids.TryGetValue(piece[..cut], out var a) && ids.TryGetValue(piece[cut..], out var b))
                {
                    merges.Add((piece[..cut], piece[cut..], score, a, b));
                }
            }
        }
        return [.. merges.OrderByDescending(m => m.Score).ThenBy(m => m.A).ThenBy(m => m.B).Select(m => (m.Left, m.Right))];
    }

    private static PostProcessor Ends(ITokenModel model, string name, bool fairseq, JsonElement settings)
    {
        if (fairseq)
        {
            return PostProcessorJson.Around(0, 2, true, 0, false, false);
        }
        var (begin, end) = (model.IdOf("<s>"), model.IdOf("</s>"));
        var t5 = name.StartsWith("T5", StringComparison.Ordinal) || name.StartsWith("MT5", StringComparison.Ordinal);
        var adds = (Begin: !t5 && begin is not null && Flag(settings, "add_bos_token", true), End: end is not null && Flag(settings, "add_eos_token", t5));
        TemplatePart[] Around(int sequence) =>
        [
            .. adds.Begin ? [new TemplatePart(begin, -1, sequence)] : Array.Empty<TemplatePart>(),
            new TemplatePart(null, sequence, sequence),
            .. adds.End ? [new TemplatePart(end, -1, sequence)] : Array.Empty<TemplatePart>(),
        ];
        return new PostProcessor(Around(0), [.. Around(0), .. Around(1)]);
    }

    private static List<AddedToken> Named(Func<string, int?> idOf, params string[] names) =>
        [.. names.Where(n => idOf(n) is not null).Select(n => new AddedToken(idOf(n)!.Value, n, Special: true))]; // filtered

    private static JsonElement Settings(string folder)
    {
        var path = Path.Combine(folder, "tokenizer_config.json");
        return File.Exists(path) ? Read(path, bytes => JsonDocument.Parse(bytes.ToArray()).RootElement) : default;
    }

    private static string Class(JsonElement settings) =>
        settings.ValueKind == JsonValueKind.Object ? TokenizerJson.Optional(settings, "tokenizer_class")?.GetString() ?? "" : "";

    private static bool Flag(JsonElement settings, string name, bool fallback) =>
        settings.ValueKind == JsonValueKind.Object ? TokenizerJson.Optional(settings, name)?.GetBoolean() ?? fallback : fallback;

    private static string[] Lines(string path) =>
        Read(path, bytes => System.Text.Encoding.UTF8.GetString(bytes).TrimEnd('\n').Split('\n'));

    private delegate T Reader<T>(ReadOnlySpan<byte> bytes);

    private static T Read<T>(string path, Reader<T> reader)
    {
        if (new FileInfo(path).Length > FileBytesMax)
        {
            throw new InvalidDataException($"{path} is larger than {FileBytesMax} bytes.");
        }
        try
        {
            return reader(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path} is not the JSON that a tokenizer needs.");
        }
    }
}
