using System.Text;

namespace Appliance.Models.Tokenizers.Splitting;

/// <summary>The split that GPT-2 introduced and Llama 3, Qwen and others vary: contractions, words, numbers, the rest, blanks.</summary>
/// <remarks>
/// The patterns are regular expressions with a look-ahead; this is the same automaton by hand, one pass, no
/// backtracking. Source of each pattern: the tokenizer.json files that carry it, listed in <see cref="Known"/>.
/// </remarks>
internal sealed class GptSplit : IPreTokenizer
{
    /// <summary>GPT-2's own, which ByteLevel uses without naming it.</summary>
    internal const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private const string Contractions = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Tail = @" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>Pattern → how it differs from GPT-2's.</summary>
    internal static readonly Dictionary<string, GptSplit> Known = new()
    {
        [Gpt2] = new GptSplit(digitsMax: 0, modern: false),
        [$@"{Contractions}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}|{Tail}"] = new GptSplit(digitsMax: 3, modern: true), // Llama 3
        [$@"{Contractions}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}|{Tail}"] = new GptSplit(digitsMax: 1, modern: true), // Qwen 2 and 3
    };

    private readonly int _digitsMax;
    private readonly bool _modern;
    private readonly List<Span> _old = [];

    /// <param name="digitsMax">Digits of a number that stay together; 0 for all, with a blank before them.</param>
    /// <param name="modern">Any one character may stand before a word, and line ends stay with what is before them.</param>
    private GptSplit(int digitsMax, bool modern) => (_digitsMax, _modern) = (digitsMax, modern);

    public void Split(TextBuffer text, List<Span> spans)
    {
        lock (_old)
        {
            _old.Clear();
            _old.AddRange(spans);
            spans.Clear();
            foreach (var span in _old)
            {
                for (var k = span.Start; k < span.End;)
                {
                    var end = Next(text.Text[..span.End], k);
                    spans.Add(new Span(k, end));
                    k = end;
                }
            }
        }
    }

    // The end of the match that begins at k. The alternatives stand in the pattern's order.
    private int Next(ReadOnlySpan<char> text, int k)
    {
        if (text[k] == '\'' && Contraction(text, k) is > 0 and var contracted)
        {
            return k + contracted;
        }
        var (kind, width) = Class(text, k);
        if (Word(text, k, kind, width) is > 0 and var word)
        {
            return word;
        }
        var blank = !_modern && text[k] == ' ' ? 1 : 0; // modern numbers take no blank
        if (Number(text, k + blank) is > 0 and var number)
        {
            return number;
        }
        if (Other(text, k + (text[k] == ' ' ? 1 : 0)) is > 0 and var other)
        {
            return other;
        }
        return Blanks(text, k);
    }

    private int Word(ReadOnlySpan<char> text, int k, byte kind, int width)
    {
        if (kind == CharClass.Letter)
        {
            return Run(text, k, CharClass.Letter);
        }
        var may = _modern ? kind != CharClass.Number && text[k] is not ('\r' or '\n') : text[k] == ' ';
        return may && k + width < text.Length && Class(text, k + width).Kind == CharClass.Letter ? Run(text, k + width, CharClass.Letter) : 0;
    }

    private int Number(ReadOnlySpan<char> text, int k)
    {
        var end = k;
        for (var n = 0; end < text.Length && (_digitsMax == 0 || n < _digitsMax); n++)
        {
            var (kind, width) = Class(text, end);
            if (kind != CharClass.Number)
            {
                break;
            }
            end += width;
        }
        return end > k ? end : 0;
    }

    private int Other(ReadOnlySpan<char> text, int k)
    {
        var end = Run(text, k, 0);
        if (end == k)
        {
            return 0;
        }
        while (_modern && end < text.Length && text[end] is '\r' or '\n')
        {
            end++;
        }
        return end;
    }

    // \s*[\r\n]+ up to the last line end of the run; else all blanks but the last before a word; else what is there.
    private int Blanks(ReadOnlySpan<char> text, int k)
    {
        var end = Run(text, k, CharClass.Blank);
        if (_modern)
        {
            for (var last = end - 1; last >= k; last--)
            {
                if (text[last] is '\r' or '\n')
                {
                    return last + 1;
                }
            }
        }
        return end < text.Length && end - k > 1 ? end - 1 : end;
    }

    private int Contraction(ReadOnlySpan<char> text, int k)
    {
        if (k + 1 >= text.Length)
        {
            return 0;
        }
        var a = _modern ? Fold(text[k + 1]) : text[k + 1];
        if (a is 's' or 't' or 'm' or 'd')
        {
            return 2;
        }
        var b = k + 2 >= text.Length ? '\0' : _modern ? Fold(text[k + 2]) : text[k + 2];
        return (a, b) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    private static char Fold(char c) => c == '\u017f' ? 's' : char.ToLowerInvariant(c); // the long s is an s

    private static int Run(ReadOnlySpan<char> text, int k, byte wanted)
    {
        while (k < text.Length)
        {
            var (kind, width) = Class(text, k);
            if (kind != wanted)
            {
                break;
            }
            k += width;
        }
        return k;
    }

    // Letter, number, blank or 0 for the rest.
    private static (byte Kind, int Width) Class(ReadOnlySpan<char> text, int k)
    {
        const byte Mask = CharClass.Letter | CharClass.Number | CharClass.Blank;
        if (!char.IsHighSurrogate(text[k]) || k + 1 >= text.Length || !char.IsLowSurrogate(text[k + 1]))
        {
            return ((byte)(CharClass.Of(text[k]) & Mask), 1);
        }
        return ((byte)(CharClass.Of(new Rune(text[k], text[k + 1])) & Mask), 2);
    }
}
