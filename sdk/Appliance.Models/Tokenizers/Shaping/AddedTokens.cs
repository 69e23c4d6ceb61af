using System.Buffers;
using System.Text;
using Appliance.Models.Tokenizers.Splitting;

namespace Appliance.Models.Tokenizers;

/// <summary>A token that is looked for in the text itself, before any splitting.</summary>
/// <param name="Content">As it stands in the text.</param>
/// <param name="SingleWord">Only where no letter touches it.</param>
/// <param name="LeftStrip">Takes the blanks before it too.</param>
/// <param name="RightStrip">Takes the blanks after it too.</param>
/// <param name="Normalized">Looked for after normalisation.</param>
/// <param name="Special">Left out when a text is decoded without special tokens.</param>
public sealed record AddedToken(
    int Id, string Content, bool SingleWord = false, bool LeftStrip = false, bool RightStrip = false, bool Normalized = false, bool Special = false);

/// <summary>Finds added tokens: the leftmost, and of those the longest.</summary>
internal sealed class AddedTokenFinder
{
    private readonly Dictionary<char, (string Content, AddedToken Token)[]> _byFirst = [];
    private readonly SearchValues<char> _firsts;

    /// <param name="tokens">With the text that each looks like where it is looked for.</param>
    internal AddedTokenFinder(IEnumerable<(string Content, AddedToken Token)> tokens)
    {
        foreach (var group in tokens.Where(t => t.Content.Length > 0).GroupBy(t => t.Content[0]))
        {
            _byFirst[group.Key] = [.. group.OrderByDescending(t => t.Content.Length)];
        }
        _firsts = SearchValues.Create([.. _byFirst.Keys]);
    }

    internal bool IsEmpty => _byFirst.Count == 0;

    /// <summary>The next token at or after a place; null for none.</summary>
    /// <param name="done">Text before it belongs to a token already.</param>
    internal (AddedToken Token, int Start, int End)? Next(ReadOnlySpan<char> text, int from, int done)
    {
        for (var at = from; at < text.Length; at++)
        {
            var skip = text[at..].IndexOfAny(_firsts);
            if (skip < 0)
            {
                return null;
            }
            at += skip;
            foreach (var (content, token) in _byFirst[text[at]])
            {
                if (text[at..].StartsWith(content, StringComparison.Ordinal))
                {
                    var (start, end) = (at, at + content.Length);
                    if (token.SingleWord && (TouchesBefore(text, start) || TouchesAfter(text, end)))
                    {
                        at = end - 1; // found, and let go: the search goes on behind it
                        break;
                    }
                    return (token, token.LeftStrip ? Back(text, start, done) : start, token.RightStrip ? Forth(text, end) : end);
                }
            }
        }
        return null;
    }

    private static bool TouchesBefore(ReadOnlySpan<char> text, int at) =>
        at > 0 && Rune.DecodeLastFromUtf16(text[..at], out var rune, out _) == OperationStatus.Done && IsWord(rune);

    private static bool TouchesAfter(ReadOnlySpan<char> text, int at) =>
        at < text.Length && Rune.DecodeFromUtf16(text[at..], out var rune, out _) == OperationStatus.Done && IsWord(rune);

    private static bool IsWord(Rune rune) => (CharClass.Of(rune) & CharClass.Word) != 0;

    private static int Back(ReadOnlySpan<char> text, int at, int done)
    {
        while (at > done && char.IsWhiteSpace(text[at - 1]))
        {
            at--;
        }
        return at;
    }

    private static int Forth(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }
        return at;
    }
}
