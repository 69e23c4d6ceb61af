using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Appliance.Domain.Privacy.Scanning;

/// <summary>Cuts a view into runs of letters and digits: the one pass that all recognizers start from. 64 bytes at a time become bits, and tokens are where the bits change.</summary>
/// <remarks>Places of tokens are kept from text to text and grow as needed.</remarks>
internal sealed class Tokenizer
{
    private const int LongToken = 16;
    private static readonly bool[] IsMark = [.. Enumerable.Range(0, 256).Select(b => ".:='\"-_/]".Contains((char)b, StringComparison.Ordinal))];
    private readonly WordFilter _awaited;
    private Token[] _tokens = new Token[256];
    private int[] _digits = new int[256], _marks = new int[256], _capitals = new int[256], _words = new int[256];
    private Lists _lists;

    // How many there are in each list.
    private readonly record struct Lists(int Tokens, int Digits, int Marks, int Capitals, int Words);

    /// <param name="awaited">Words whose tokens are listed apart.</param>
    internal Tokenizer(WordFilter? awaited = null) => _awaited = awaited ?? WordFilter.None;

    internal ReadOnlySpan<Token> Tokens => _tokens.AsSpan(0, _lists.Tokens);

    /// <summary>The tokens with a digit in them, by their place among the tokens: most recognizers look at no others.</summary>
    internal ReadOnlySpan<int> Digits => _digits.AsSpan(0, _lists.Digits);

    /// <summary>The tokens that a mark follows, such as a dot or an equals sign, and very long ones.</summary>
    internal ReadOnlySpan<int> Marks => _marks.AsSpan(0, _lists.Marks);

    /// <summary>The tokens that begin with a capital.</summary>
    internal ReadOnlySpan<int> Capitals => _capitals.AsSpan(0, _lists.Capitals);

    /// <summary>The tokens that may be words that a recognizer waits for; a few others are among them.</summary>
    internal ReadOnlySpan<int> Awaited => _words.AsSpan(0, _lists.Words);

    internal void Cut(ReadOnlySpan<byte> view)
    {
        var (start, kinds, line) = (-1, Kinds.None, Kinds.LineBefore);
        int count = 0, digits = 0, marks = 0, capitals = 0, words = 0;
        Span<byte> tail = stackalloc byte[ByteClasses.Size];
        // One block more than there is text: it ends the last token.
        for (var block = 0; block <= view.Length; block += ByteClasses.Size)
        {
            Reserve(count);
            var (tokens, isMark) = (_tokens, IsMark);
            var classes = ByteClasses.Of(view, block, tail);
            var edges = classes.Word ^ ((classes.Word << 1) | (start < 0 ? 0UL : 1UL));
            var from = 0; // where the token that is open begins in this block
            while (edges != 0)
            {
                var edge = BitOperations.TrailingZeroCount(edges);
                edges &= edges - 1;
                if (start < 0)
                {
                    (from, start) = (edge, block + edge);
                    line |= classes.LineBefore(edge);
                    continue;
                }
                var end = block + edge;
                var all = kinds | classes.Kinds(from, edge) | line;
                var hash = (all & Kinds.High) == 0 ? WordHash.OfAscii(view, start, end - start) : WordHash.Of(view[start..end]);
                var (after, next) = (Bytes.At(view, end), Bytes.At(view, end + 1));
                all |= view[start] < 0x80 ? (uint)(view[start] - 'A') <= 'Z' - 'A' ? Kinds.Capital : Kinds.None : HighCapital(view[start..]);
                var marked = isMark[after] | end - start >= LongToken | (after == ' ' & (next == '=' | next == ':'));
                tokens[count] = new Token(start, end, hash, all, after);
                _digits[digits] = _marks[marks] = _capitals[capitals] = _words[words] = count;
                digits += (int)(all & Kinds.Digit);
                marks += marked ? 1 : 0;
                capitals += (int)(all & Kinds.Capital) / (int)Kinds.Capital;
                words += _awaited.MayHave(hash) ? 1 : 0;
                count++;
                (start, kinds, line) = (-1, Kinds.None, Kinds.None);
            }
            if (start < 0)
            {
                line |= classes.LineLeft ? Kinds.LineBefore : Kinds.None;
            }
            else
            {
                kinds |= classes.Kinds(from, ByteClasses.Size); // it goes on in the next block
            }
        }
        _lists = new Lists(count, digits, marks, capitals, words);
    }

    private static Kinds HighCapital(ReadOnlySpan<byte> letter) =>
        Rune.DecodeFromUtf8(letter, out var rune, out _) == System.Buffers.OperationStatus.Done && Rune.IsUpper(rune) ? Kinds.Capital : Kinds.None;

    // A block has at most 32 tokens that begin in it, and one more may end.
    private void Reserve(int count)
    {
        if (count + (ByteClasses.Size / 2) + 2 > _tokens.Length)
        {
            Array.Resize(ref _tokens, _tokens.Length * 2);
            Array.Resize(ref _digits, _tokens.Length);
            Array.Resize(ref _marks, _tokens.Length);
            Array.Resize(ref _capitals, _tokens.Length);
            Array.Resize(ref _words, _tokens.Length);
        }
    }
}
