using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Appliance.Models.Tokenizers.Splitting;

namespace Appliance.Models.Tokenizers;

/// <summary>Turns tokens back into text, one step of it.</summary>
internal interface IDecoder
{
    List<string> Decode(List<string> tokens);
}

internal sealed class DecoderSequence(IReadOnlyList<IDecoder> steps) : IDecoder
{
    public List<string> Decode(List<string> tokens) => steps.Aggregate(tokens, (t, step) => step.Decode(t));
}

/// <summary>WordPiece: pieces that continue a word lose their prefix, others get a blank in front.</summary>
internal sealed class WordPieceDecoder(string prefix, bool cleanUp) : IDecoder
{
    // English spacing, as the reference undoes it.
    private static readonly (string Old, string New)[] Spacing =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"),
        (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    public List<string> Decode(List<string> tokens) => !cleanUp ? Plain(tokens)
        : [.. Plain(tokens).Select(text => Spacing.Aggregate(text, (t, s) => t.Replace(s.Old, s.New, StringComparison.Ordinal)))];

    internal List<string> Plain(List<string> tokens) => [.. tokens.Select((token, k) =>
        k == 0 ? token : token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token)];
}

/// <summary>GPT-2: characters are bytes again; what is no UTF-8 becomes U+FFFD.</summary>
internal sealed class ByteLevelDecoder : IDecoder
{
    public List<string> Decode(List<string> tokens)
    {
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            var mapped = token.Select(ByteChars.ToByte).ToArray();
            bytes.AddRange(Array.TrueForAll(mapped, b => b is not null) ? mapped.Select(b => b!.Value) : Encoding.UTF8.GetBytes(token));
        }
        return [Encoding.UTF8.GetString([.. bytes])];
    }
}

internal sealed class MetaspaceDecoder(char mark, bool prepends) : IDecoder
{
    public List<string> Decode(List<string> tokens) => [.. tokens.Select((token, k) =>
        k == 0 && prepends ? token.Replace(mark.ToString(), "", StringComparison.Ordinal) : token.Replace(mark, ' '))];
}

/// <summary>Tokens such as &lt;0x0A&gt; are bytes; a run that is no UTF-8 becomes U+FFFD byte by byte.</summary>
internal sealed class ByteFallbackDecoder : IDecoder
{
    private static readonly UTF8Encoding Strict = new(false, true);

    public List<string> Decode(List<string> tokens)
    {
        var result = new List<string>();
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            if (token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
                && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b))
            {
                bytes.Add(b);
                continue;
            }
            Flush(bytes, result);
            result.Add(token);
        }
        Flush(bytes, result);
        return result;
    }

    private static void Flush(List<byte> bytes, List<string> result)
    {
        if (bytes.Count == 0)
        {
            return;
        }
        try
        {
            result.Add(Strict.GetString([.. bytes]));
        }
        catch (DecoderFallbackException)
        {
            result.AddRange(bytes.Select(_ => "\ufffd"));
        }
        bytes.Clear();
    }
}

internal sealed class FuseDecoder : IDecoder
{
    public List<string> Decode(List<string> tokens) => [string.Concat(tokens)];
}

/// <summary>Takes a character off the ends of each token, so many times at the most.</summary>
internal sealed class StripDecoder(char content, int start, int stop) : IDecoder
{
    public List<string> Decode(List<string> tokens) => [.. tokens.Select(token =>
    {
        var (from, to) = (0, token.Length);
        while (from < start && from < to && token[from] == content)
        {
            from++;
        }
        for (var n = 0; n < stop && to > from && token[to - 1] == content; n++)
        {
            to--;
        }
        return token[from..to];
    })];
}

internal sealed class ReplaceDecoder(string? literal, Regex? pattern, string content) : IDecoder
{
    public List<string> Decode(List<string> tokens) => [.. tokens.Select(t =>
        pattern is not null ? pattern.Replace(t, content.Replace("$", "$$", StringComparison.Ordinal))
        : literal is { Length: > 0 } ? t.Replace(literal, content, StringComparison.Ordinal) : t)];
}

/// <summary>Older BPE: a suffix marks the end of a word.</summary>
internal sealed class BpeDecoder(string suffix) : IDecoder
{
    public List<string> Decode(List<string> tokens) => [.. tokens.Select((token, k) =>
        token.Replace(suffix, k == tokens.Count - 1 ? "" : " ", StringComparison.Ordinal))];
}
