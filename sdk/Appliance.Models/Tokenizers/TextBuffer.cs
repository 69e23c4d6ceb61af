using System.Text;

namespace Appliance.Models.Tokenizers;

/// <summary>A text on its way through normalisation: each UTF-16 unit knows which part of the original it stands for.</summary>
/// <remarks>
/// Offsets are UTF-16 code units of the original, half-open; both halves of a surrogate pair know the whole pair. A
/// buffer is used again and again, so that a warm tokenizer allocates nothing.
/// </remarks>
internal sealed class TextBuffer
{
    private char[] _chars = new char[256];
    private int[] _starts = new int[256];
    private int[] _ends = new int[256];
    private char[] _nextChars = new char[256];
    private int[] _nextStarts = new int[256];
    private int[] _nextEnds = new int[256];
    private int _next;
    private int _at; // unit of the old text that the rewriting has come to
    private int _base;

    internal int Length { get; private set; }

    internal ReadOnlySpan<char> Text => _chars.AsSpan(0, Length);

    /// <summary>For changes that keep each unit in its place, such as ASCII lower case.</summary>
    internal Span<char> Writable => _chars.AsSpan(0, Length);

    internal int StartOf(int unit) => _starts[unit];

    internal int EndOf(int unit) => _ends[unit];

    /// <summary>The part of the original that the units from <paramref name="from"/> to before <paramref name="to"/> stand for.</summary>
    internal (int Start, int End) Original(int from, int to) => from >= to ? (_base, _base) : (_starts[from], _ends[to - 1]);

    internal void Load(ReadOnlySpan<char> text, int offset)
    {
        Room(ref _chars, ref _starts, ref _ends, text.Length);
        text.CopyTo(_chars);
        for (var k = 0; k < text.Length; k++)
        {
            (_starts[k], _ends[k]) = (offset + k, offset + k + 1);
            if (k > 0 && char.IsLowSurrogate(text[k]) && char.IsHighSurrogate(text[k - 1]))
            {
                (_starts[k], _ends[k - 1]) = (offset + k - 1, offset + k + 1);
            }
        }
        (Length, _base) = (text.Length, offset);
    }

    /// <summary>Begins a rewriting: the old text is read from <see cref="At"/>, the new one grows by <see cref="Put(Rune,int)"/>.</summary>
    internal void Begin() => (_next, _at) = (0, 0);

    internal int At => _at;

    internal int Written => _next;

    /// <summary>Passes over old characters without a word.</summary>
    internal void Skip(int characters)
    {
        for (; characters > 0 && _at < Length; characters--)
        {
            _at += Width(_at);
        }
    }

    /// <summary>Writes one character. Change 0 stands for the next old one, n &gt; 0 is inserted, −n also swallows n more.</summary>
    internal void Put(Rune rune, int change)
    {
        Span<char> units = stackalloc char[2];
        var n = rune.EncodeToUtf16(units);
        var source = change > 0 ? _at - 1 : _at;
        var (start, end) = source >= 0 && source < Length ? (_starts[source], _ends[source]) : (_base, _base);
        for (var k = 0; k < n; k++)
        {
            Put(units[k], start, end);
        }
        if (change <= 0)
        {
            Skip(1 - change);
        }
    }

    /// <summary>Writes a unit that stands for a given part of the original.</summary>
    internal void Put(char unit, int start, int end)
    {
        if (_next == _nextChars.Length)
        {
            Room(ref _nextChars, ref _nextStarts, ref _nextEnds, _next + 1);
        }
        (_nextChars[_next], _nextStarts[_next], _nextEnds[_next]) = (unit, start, end);
        _next++;
    }

    /// <summary>Copies old units as they are.</summary>
    internal void Keep(int from, int to)
    {
        for (var k = from; k < to; k++)
        {
            Put(_chars[k], _starts[k], _ends[k]);
        }
        _at = Math.Max(_at, to);
    }

    internal void End()
    {
        (_chars, _nextChars) = (_nextChars, _chars);
        (_starts, _nextStarts) = (_nextStarts, _starts);
        (_ends, _nextEnds) = (_nextEnds, _ends);
        Length = _next;
    }

    /// <summary>The character that begins at a unit; a lone surrogate reads as U+FFFD.</summary>
    internal Rune RuneAt(int unit) =>
        Rune.DecodeFromUtf16(_chars.AsSpan(unit, Length - unit), out var rune, out _) == System.Buffers.OperationStatus.Done ? rune : Rune.ReplacementChar;

    internal int Width(int unit) =>
        unit + 1 < Length && char.IsHighSurrogate(_chars[unit]) && char.IsLowSurrogate(_chars[unit + 1]) ? 2 : 1;

    private static void Room(ref char[] chars, ref int[] starts, ref int[] ends, int wanted)
    {
        if (chars.Length < wanted)
        {
            var size = Math.Max(wanted, chars.Length * 2);
            Array.Resize(ref chars, size);
            Array.Resize(ref starts, size);
            Array.Resize(ref ends, size);
        }
    }
}
