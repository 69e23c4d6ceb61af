using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Appliance.Domain.Privacy.Scanning;

/// <summary>Cuts a view into runs of letters and digits: the pass that all recognizers start from.</summary>
/// <remarks>
/// 1 64 bytes at a time become bits; tokens begin and end where the bits change, and where a letter above ASCII meets a digit, since half of the world writes without blanks.
/// 2 Each token is looked at in one register: what it is made of, its hash, and the lists it belongs to. Places are kept from text to text and grow as needed.
/// </remarks>
internal sealed class Tokenizer
{
    private const int Slack = 2 * ByteClasses.Size, Group = 64, BytesPerToken = 5;
    private readonly WordFilter _awaited;
    private Token[] _tokens = new Token[512];
    private int[] _starts = new int[512], _ends = new int[512], _digits = new int[512], _marks = new int[512], _capitals = new int[512], _words = new int[512];
    private Lists _lists;

    // How many there are in each list.
    private struct Lists
    {
        internal int Tokens, Digits, Marks, Capitals, Words;
    }

    // Which of 64 tokens belong to each list.
    private struct Bits
    {
        internal ulong Digits, Marks, Capitals, Words;
    }

    /// <param name="awaited">Words whose tokens are listed apart.</param>
    internal Tokenizer(WordFilter? awaited = null) => _awaited = awaited ?? WordFilter.None;

    internal ReadOnlySpan<Token> Tokens => _tokens.AsSpan(0, _lists.Tokens);

    /// <summary>The tokens with a digit in them, by their place among the tokens: most recognizers look at no others.</summary>
    internal ReadOnlySpan<int> Digits => _digits.AsSpan(0, _lists.Digits);

    /// <summary>The tokens that something may be written behind, such as an equals sign or a dot in the middle of a word (<see cref="TokenMarks"/>), and very long ones.</summary>
    internal ReadOnlySpan<int> Marks => _marks.AsSpan(0, _lists.Marks);

    /// <summary>The tokens that begin with a capital.</summary>
    internal ReadOnlySpan<int> Capitals => _capitals.AsSpan(0, _lists.Capitals);

    /// <summary>The tokens that may be words that a recognizer waits for; a few others are among them.</summary>
    internal ReadOnlySpan<int> Awaited => _words.AsSpan(0, _lists.Words);

    internal void Cut(ReadOnlySpan<byte> view)
    {
        var count = Edges(view);
        _lists = default;
        if (count == 0)
        {
            return;
        }
        // What stands at the end is read from a copy with room behind it.
        var near = count;
        while (near > 0 && _ends[near - 1] + WordBytes.LengthMax + 1 > view.Length && count - near < Slack)
        {
            near--;
        }
        Look(view, 0, 0, near);
        if (near < count)
        {
            Span<byte> room = stackalloc byte[4 * ByteClasses.Size];
            var from = _starts[near];
            if (view.Length - from + WordBytes.LengthMax < room.Length)
            {
                room.Clear();
                view[from..].CopyTo(room);
                Look(room, from, near, count);
            }
            else
            {
                byte[] longer = [.. view[from..], .. new byte[WordBytes.LengthMax + 1]]; // the last word is long
                Look(longer, from, near, count);
            }
        }
        if (view.Contains((byte)'\n'))
        {
            Lines(view);
        }
        _tokens[0] = _tokens[0] with { Kinds = _tokens[0].Kinds | Kinds.LineBefore };
    }

    // Where tokens begin and end.
    private int Edges(ReadOnlySpan<byte> view)
    {
        Span<byte> tail = stackalloc byte[ByteClasses.Size];
        Reserve(view.Length / BytesPerToken);
        var (starts, ends) = (0, 0);
        var (word, high, digit) = (0UL, 0UL, 0UL); // the last byte of the block before
        // One block more than there is text: it ends the last token.
        for (var block = 0; block <= view.Length; block += ByteClasses.Size)
        {
            Reserve(starts);
            var classes = ByteClasses.Of(view, block, tail);
            var split = (classes.Digit & ((classes.High << 1) | high)) | (classes.High & ((classes.Digit << 1) | digit));
            var (all, before) = (classes.Word, (classes.Word << 1) | word);
            starts = Put((all & ~before) | split, block, _starts, starts);
            ends = Put((before & ~all) | split, block, _ends, ends);
            (word, high, digit) = (all >> (ByteClasses.Size - 1), classes.High >> (ByteClasses.Size - 1), classes.Digit >> (ByteClasses.Size - 1));
        }
        return ends;
    }

    // The places of the bits, eight at a time: most blocks have no more, so that there is nothing to guess for a processor.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Put(ulong bits, int block, int[] into, int count)
    {
        var all = count + BitOperations.PopCount(bits);
        ref var at = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(into), count);
        do
        {
            for (var k = 0; k < 8; k++)
            {
                Unsafe.Add(ref at, k) = block + BitOperations.TrailingZeroCount(bits);
                bits &= bits - 1;
            }
            at = ref Unsafe.Add(ref at, 8);
        }
        while (bits != 0);
        return all;
    }

    // text begins at the place shift of the view. 64 tokens at a time become bits, one set for each list.
    private void Look(ReadOnlySpan<byte> text, int shift, int first, int last)
    {
        for (; first < last; first += Group)
        {
            var bits = Look(text, shift, first, Math.Min(Group, last - first), _awaited, TokenMarks.Table);
            Add(bits.Digits, first, ref _digits, ref _lists.Digits);
            Add(bits.Marks, first, ref _marks, ref _lists.Marks);
            Add(bits.Capitals, first, ref _capitals, ref _lists.Capitals);
            Add(bits.Words, first, ref _words, ref _lists.Words);
        }
        _lists.Tokens = last;
    }

    private Bits Look(ReadOnlySpan<byte> text, int shift, int first, int count, WordFilter awaited, TokenMarks marks)
    {
        ref var bytes = ref MemoryMarshal.GetReference(text);
        ref var start = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_starts), first);
        ref var end = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_ends), first);
        ref var token = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_tokens), first);
        var bits = default(Bits);
        for (var k = 0; k < count; k++)
        {
            var length = Unsafe.Add(ref end, k) - Unsafe.Add(ref start, k);
            ref var here = ref Unsafe.Add(ref bytes, Unsafe.Add(ref start, k) - shift);
            Kinds kinds;
            var hash = length <= WordBytes.LengthMax ? WordBytes.Look(in here, length, out kinds) : WordBytes.LookLong(in here, length, out kinds);
            if (here >= 0x80)
            {
                kinds |= HighCapital(in here, length);
            }
            ref var behind = ref Unsafe.Add(ref here, length);
            Unsafe.Add(ref token, k) = new Token(Unsafe.Add(ref start, k), Unsafe.Add(ref end, k), hash, kinds, behind);
            bits.Digits |= (ulong)(kinds & Kinds.Digit) << k;
            bits.Capitals |= ((ulong)(kinds & Kinds.Capital) / (ulong)Kinds.Capital) << k;
            bits.Marks |= (marks.Has(behind, Unsafe.Add(ref behind, 1)) | length >= TokenMarks.LongToken ? 1UL : 0) << k;
            bits.Words |= (awaited.MayHave(hash) ? 1UL : 0) << k;
        }
        return bits;
    }

    private static void Add(ulong bits, int first, ref int[] list, ref int count)
    {
        for (; bits != 0; bits &= bits - 1)
        {
            list[count++] = first + BitOperations.TrailingZeroCount(bits);
        }
    }

    // Which tokens have a line break before them: from break to break, since they are few.
    private void Lines(ReadOnlySpan<byte> view)
    {
        var starts = _starts.AsSpan(0, _lists.Tokens);
        for (int line = view.IndexOf((byte)'\n'), k = 0; line >= 0; line = Bytes.Next(view, line + 1, "\n"u8))
        {
            k += After(starts[k..], line);
            if (k == starts.Length)
            {
                return;
            }
            _tokens[k] = _tokens[k] with { Kinds = _tokens[k].Kinds | Kinds.LineBefore };
        }
    }

    // How many begin before a place: in steps that double, then by halves.
    private static int After(ReadOnlySpan<int> starts, int place)
    {
        var step = 1;
        while (step < starts.Length && starts[step] < place)
        {
            step *= 2;
        }
        var (low, high) = (step / 2, Math.Min(step, starts.Length));
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = starts[middle] < place ? (middle + 1, high) : (low, middle);
        }
        return low;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Kinds HighCapital(ref readonly byte letter, int length) =>
        Rune.DecodeFromUtf8(MemoryMarshal.CreateReadOnlySpan(in letter, length), out var rune, out _) == System.Buffers.OperationStatus.Done && Rune.IsUpper(rune) ? Kinds.Capital : Kinds.None;

    // A block has at most 64 tokens that begin in it, and eight places are written at once.
    private void Reserve(int count)
    {
        if (count + Slack > _tokens.Length)
        {
            Array.Resize(ref _tokens, Math.Max(_tokens.Length * 2, count + Slack));
            Array.Resize(ref _starts, _tokens.Length);
            Array.Resize(ref _ends, _tokens.Length);
            Array.Resize(ref _digits, _tokens.Length);
            Array.Resize(ref _marks, _tokens.Length);
            Array.Resize(ref _capitals, _tokens.Length);
            Array.Resize(ref _words, _tokens.Length);
        }
    }
}
