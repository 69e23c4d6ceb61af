using System.Text.Json;
using Appliance.Models.Tokenizers.Vocabularies;
using static Appliance.Models.Tokenizers.TokenizerJson;

namespace Appliance.Models.Tokenizers;

/// <summary>Reads the vocabulary of a <c>tokenizer.json</c>.</summary>
internal static class TokenModelJson
{
    internal static ITokenModel Read(JsonElement e) => (Optional(e, "type")?.GetString() ?? Guess(e)) switch
    {
        "WordPiece" => new WordPieceModel(Tokens(e), Optional(e, "unk_token")?.GetString() ?? "[UNK]",
            Optional(e, "continuing_subword_prefix")?.GetString() ?? "##", Optional(e, "max_input_chars_per_word")?.GetInt32() ?? 100),
        "WordLevel" => new WordLevelModel(Tokens(e), Optional(e, "unk_token")?.GetString() ?? "<unk>"),
        "BPE" => Bpe(e),
        "Unigram" => new UnigramModel(
            [.. e.GetProperty("vocab").EnumerateArray().Select(p => (p[0].GetString() ?? throw new JsonException(), p[1].GetDouble()))],
            Optional(e, "unk_id")?.GetInt32(), Flag(e, "byte_fallback")),
        var other => throw Unknown("vocabulary", other),
    };

    private static BpeModel Bpe(JsonElement e)
    {
        if (Optional(e, "dropout") is { } dropout && dropout.GetDouble() > 0)
        {
            throw Unknown("setting", "dropout");
        }
        var options = new BpeOptions(
            Optional(e, "unk_token")?.GetString(), Optional(e, "continuing_subword_prefix")?.GetString() ?? "",
            Optional(e, "end_of_word_suffix")?.GetString() ?? "", Flag(e, "fuse_unk"), Flag(e, "byte_fallback"), Flag(e, "ignore_merges"));
        return new BpeModel(Tokens(e), [.. e.GetProperty("merges").EnumerateArray().Select(Merge)], options);
    }

    // Newer files keep the two parts apart, because a part may hold a blank.
    private static (string Left, string Right) Merge(JsonElement merge)
    {
        if (merge.ValueKind == JsonValueKind.Array)
        {
            return (merge[0].GetString() ?? throw new JsonException(), merge[1].GetString() ?? throw new JsonException());
        }
        return Merge(merge.GetString() ?? throw new JsonException());
    }

    internal static (string Left, string Right) Merge(string line)
    {
        var blank = line.IndexOf(' ', StringComparison.Ordinal);
        return blank > 0 ? (line[..blank], line[(blank + 1)..]) : throw new InvalidDataException("a merge has not two parts.");
    }

    private static Vocabulary Tokens(JsonElement e)
    {
        var ids = new Dictionary<string, int>();
        foreach (var token in e.GetProperty("vocab").EnumerateObject())
        {
            var id = token.Value.GetInt32();
            ids[token.Name] = id is >= 0 and < (1 << 24) ? id : throw new InvalidDataException("a token's id is negative or above 16 million.");
        }
        return new Vocabulary(ids);
    }

    // The first files named no type.
    private static string Guess(JsonElement e) => e.TryGetProperty("merges", out _) ? "BPE"
        : e.TryGetProperty("continuing_subword_prefix", out _) ? "WordPiece"
        : e.GetProperty("vocab").ValueKind == JsonValueKind.Array ? "Unigram" : "WordLevel";
}

/// <summary>Reads the post-processor: every kind is a template here.</summary>
internal sealed class PostProcessorJson
{
    internal PostProcessor Read(JsonElement e) => Text(e, "type") switch
    {
        "TemplateProcessing" => new PostProcessor(Parts(e, "single"), Parts(e, "pair")),
        "BertProcessing" => Around(Id(e, "cls"), Id(e, "sep"), doubled: false, 1, trim: false, prefix: false),
        "RobertaProcessing" => Around(Id(e, "cls"), Id(e, "sep"), doubled: true, 0, Flag(e, "trim_offsets"), Flag(e, "add_prefix_space")),
        "ByteLevel" => PostProcessor.None with { TrimOffsets = Flag(e, "trim_offsets"), PrefixSpace = Flag(e, "add_prefix_space") },
        "Sequence" => e.GetProperty("processors").EnumerateArray().Select(Read).Aggregate(Join),
        var other => throw Unknown("post-processor", other),
    };

    internal static PostProcessor Around(int first, int last, bool doubled, int pairType, bool trim, bool prefix)
    {
        static TemplatePart Special(int id, int type) => new(id, -1, type);
        TemplatePart[] single = [Special(first, 0), new(null, 0, 0), Special(last, 0)];
        TemplatePart[] between = doubled ? [Special(last, 0)] : [];
        return new PostProcessor(single, [.. single, .. between, new(null, 1, pairType), Special(last, pairType)], trim, prefix);
    }

    // The template comes from one, the trimming from another.
    private static PostProcessor Join(PostProcessor a, PostProcessor b)
    {
        var template = b.Single.Count > 1 || b.Pair.Count > 2 ? b : a;
        var trims = a.TrimOffsets ? a : b;
        return template with { TrimOffsets = trims.TrimOffsets, PrefixSpace = trims.PrefixSpace };
    }

    private static int Id(JsonElement e, string name) => e.GetProperty(name)[1].GetInt32();

    private static TemplatePart[] Parts(JsonElement e, string name) => [.. e.GetProperty(name).EnumerateArray().SelectMany(part =>
    {
        if (Optional(part, "Sequence") is { } sequence)
        {
            return [new TemplatePart(null, Text(sequence, "id") == "A" ? 0 : 1, sequence.GetProperty("type_id").GetInt32())];
        }
        var special = part.GetProperty("SpecialToken");
        var type = special.GetProperty("type_id").GetInt32();
        return e.GetProperty("special_tokens").GetProperty(Text(special, "id")).GetProperty("ids").EnumerateArray()
            .Select(id => new TemplatePart(id.GetInt32(), -1, type));
    })];
}

/// <summary>Reads the decoder.</summary>
internal static class DecoderJson
{
    internal static IDecoder Read(JsonElement e) => Text(e, "type") switch
    {
        "Sequence" => new DecoderSequence([.. e.GetProperty("decoders").EnumerateArray().Select(Read)]),
        "WordPiece" => new WordPieceDecoder(Text(e, "prefix"), Flag(e, "cleanup")),
        "ByteLevel" => new ByteLevelDecoder(),
        "Metaspace" => new MetaspaceDecoder(Text(e, "replacement")[0], Scheme(e) != Splitting.PrependScheme.Never),
        "ByteFallback" => new ByteFallbackDecoder(),
        "Fuse" => new FuseDecoder(),
        "Strip" => new StripDecoder(Text(e, "content")[0], e.GetProperty("start").GetInt32(), e.GetProperty("stop").GetInt32()),
        "Replace" => Pattern(e.GetProperty("pattern")) is var (literal, regex) ? new ReplaceDecoder(literal, regex, Text(e, "content")) : null!,
        "BPEDecoder" => new BpeDecoder(Text(e, "suffix")),
        var other => throw Unknown("decoder", other),
    };
}
