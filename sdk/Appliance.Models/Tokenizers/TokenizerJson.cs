using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Appliance.Models.Tokenizers.Normalizing;
using Appliance.Models.Tokenizers.Splitting;
using Appliance.Models.Tokenizers.Vocabularies;

namespace Appliance.Models.Tokenizers;

/// <summary>Reads a <c>tokenizer.json</c>. What it names and we do not know is an error: ids must not change on the way.</summary>
internal static class TokenizerJson
{
    private const int FileBytesMax = 128 << 20;

    /// <exception cref="InvalidDataException">Too large, malformed, or of a kind that is not supported.</exception>
    internal static Tokenizer Read(string path)
    {
        if (new FileInfo(path).Length > FileBytesMax)
        {
            throw new InvalidDataException($"{path} is larger than {FileBytesMax} bytes.");
        }
        return Parse(File.ReadAllBytes(path), path);
    }

    /// <inheritdoc cref="Read" path="/exception"/>
    internal static Tokenizer Parse(ReadOnlyMemory<byte> json, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 64 });
            return new Tokenizer(Parts(document.RootElement));
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException
            or IndexOutOfRangeException or ArgumentException)
        {
            throw new InvalidDataException($"{path} is not a tokenizer.json: a field is missing or of the wrong type.");
        }
    }

    private static TokenizerParts Parts(JsonElement root)
    {
        var post = new PostProcessorJson();
        var decoder = Optional(root, "decoder");
        return new TokenizerParts(
            Optional(root, "normalizer") is { } n ? Normalizer(n) : null,
            Optional(root, "pre_tokenizer") is { } p ? PreTokenizer(p) : null,
            TokenModelJson.Read(root.GetProperty("model")),
            Optional(root, "post_processor") is { } q ? post.Read(q) : PostProcessor.None,
            decoder is { } d ? DecoderJson.Read(d) : null,
            Optional(root, "added_tokens") is { } a ? [.. a.EnumerateArray().Select(Added)] : [],
            Optional(root, "truncation") is { } t ? TruncationOf(t) : null,
            Optional(root, "padding") is { } f ? PaddingOf(f) : null);
    }

    private static AddedToken Added(JsonElement token) => new(
        token.GetProperty("id").GetInt32(), Text(token, "content"), Flag(token, "single_word"), Flag(token, "lstrip"), Flag(token, "rstrip"),
        Flag(token, "normalized"), Flag(token, "special"));

    private static Truncation TruncationOf(JsonElement e) => new(e.GetProperty("max_length").GetInt32(), e.GetProperty("stride").GetInt32(),
        Text(e, "strategy") switch
        {
            "OnlyFirst" => TruncationStrategy.OnlyFirst,
            "OnlySecond" => TruncationStrategy.OnlySecond,
            _ => TruncationStrategy.LongestFirst,
        }, Optional(e, "direction")?.GetString() == "Left");

    private static Padding PaddingOf(JsonElement e) => new(
        e.GetProperty("strategy").ValueKind == JsonValueKind.Object ? e.GetProperty("strategy").GetProperty("Fixed").GetInt32() : null,
        e.GetProperty("pad_id").GetInt32(), e.GetProperty("pad_type_id").GetInt32(), Optional(e, "direction")?.GetString() == "Left",
        Optional(e, "pad_to_multiple_of")?.GetInt32() ?? 0);

    private static INormalizer Normalizer(JsonElement e) => Text(e, "type") switch
    {
        "Sequence" => new NormalizerSequence([.. e.GetProperty("normalizers").EnumerateArray().Select(Normalizer)]),
        "BertNormalizer" => new BertNormalizer(Flag(e, "clean_text"), Flag(e, "handle_chinese_chars"),
            Optional(e, "strip_accents")?.GetBoolean() ?? Flag(e, "lowercase"), Flag(e, "lowercase")),
        "Lowercase" => new Lowercase(),
        "StripAccents" => new StripAccents(),
        "NFC" => new UnicodeForm(NormalizationForm.FormC),
        "NFD" => new UnicodeForm(NormalizationForm.FormD),
        "NFKC" => new UnicodeForm(NormalizationForm.FormKC),
        "NFKD" => new UnicodeForm(NormalizationForm.FormKD),
        "Strip" => new Strip(Flag(e, "strip_left"), Flag(e, "strip_right")),
        "Prepend" => new Prepend(Text(e, "prepend")),
        "Precompiled" => new CharsMap(Convert.FromBase64String(Text(e, "precompiled_charsmap"))),
        "Replace" => Pattern(e.GetProperty("pattern")) is var (literal, regex) ? new Replace(literal, regex, Text(e, "content")) : null!,
        var other => throw Unknown("normalizer", other),
    };

    private static IPreTokenizer PreTokenizer(JsonElement e) => Text(e, "type") switch
    {
        "Sequence" => new PreTokenizerSequence([.. e.GetProperty("pretokenizers").EnumerateArray().Select(PreTokenizer)]),
        "BertPreTokenizer" => new BertSplit(),
        "ByteLevel" => new ByteLevelSplit(Flag(e, "add_prefix_space"), Optional(e, "use_regex")?.GetBoolean() ?? true),
        "Metaspace" => new MetaspaceSplit(Text(e, "replacement")[0], Scheme(e), Optional(e, "split")?.GetBoolean() ?? true),
        "Whitespace" => new WordSplit(),
        "WhitespaceSplit" => new ClassSplit(System.Text.Rune.IsWhiteSpace, Delimiter.Removed, single: true),
        "Punctuation" => new ClassSplit(r => (CharClass.Of(r) & CharClass.Punctuation) != 0, Behaviour(e, Delimiter.Isolated), single: true),
        "Digits" => new ClassSplit(r => (CharClass.Of(r) & CharClass.Number) != 0,
            Flag(e, "individual_digits") ? Delimiter.Isolated : Delimiter.Contiguous, single: true),
        "CharDelimiterSplit" => new LiteralSplit(Text(e, "delimiter"), Delimiter.Removed, invert: false),
        "Split" => Split(e),
        var other => throw Unknown("pre-tokenizer", other),
    };

    private static IPreTokenizer Split(JsonElement e)
    {
        var (behaviour, invert) = (Behaviour(e, Delimiter.Isolated), Flag(e, "invert"));
        var pattern = e.GetProperty("pattern");
        if (Optional(pattern, "String")?.GetString() is { } literal)
        {
            return new LiteralSplit(literal, behaviour, invert);
        }
        var regex = Text(pattern, "Regex");
        // Isolated matches, or what stands between inverted and removed, are the same for patterns that match everything.
        var plain = behaviour == Delimiter.Isolated || (behaviour == Delimiter.Removed && invert);
        return plain && GptSplit.Known.TryGetValue(regex, out var known) ? known : new PatternSplit(regex, behaviour, invert);
    }

    internal static PrependScheme Scheme(JsonElement e) => Optional(e, "prepend_scheme")?.GetString() switch
    {
        "first" => PrependScheme.First,
        "never" => PrependScheme.Never,
        "always" => PrependScheme.Always,
        _ => Optional(e, "add_prefix_space")?.GetBoolean() ?? true ? PrependScheme.Always : PrependScheme.Never, // older files
    };

    private static Delimiter Behaviour(JsonElement e, Delimiter fallback) => Optional(e, "behavior")?.GetString() is { } text
        ? Enum.TryParse<Delimiter>(text, out var found) ? found : throw Unknown("split behaviour", text)
        : fallback;

    /// <summary>A pattern is a text or a regular expression.</summary>
    internal static (string? Literal, Regex? Pattern) Pattern(JsonElement e) => Optional(e, "String")?.GetString() is { } literal
        ? (literal, null)
        : (null, PatternSplit.Compiled(Text(e, "Regex")));

    internal static JsonElement? Optional(JsonElement e, string name) =>
        e.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    internal static string Text(JsonElement e, string name) => e.GetProperty(name).GetString() ?? throw new JsonException();

    internal static bool Flag(JsonElement e, string name) => Optional(e, name)?.GetBoolean() ?? false;

    internal static InvalidDataException Unknown(string what, string name) =>
        new($"the {what} '{new string([.. name.Where(char.IsLetterOrDigit).Take(40)])}' is not supported, so the tokens could differ.");
}
