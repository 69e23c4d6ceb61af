using System.Runtime.CompilerServices;
using System.Text;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Tables;

/// <summary>The words of a table one after another, as bytes: a hundred thousand of them in some milliseconds, before anything is compiled well.</summary>
internal ref struct TableWords
{
    private readonly byte[] _text;
    private readonly ReadOnlySpan<byte> _between;
    private int _start, _end = -1;
    private bool _begins;

    /// <param name="between">What stands between words; a line's end is among them.</param>
    internal TableWords(string table, ReadOnlySpan<byte> between)
    {
        using var file = Table.Open(table);
        _text = new byte[file.Length + WordBytes.LengthMax]; // sixteen bytes can be read from every word
        file.ReadExactly(_text.AsSpan(0, (int)file.Length));
        _between = between;
        Length = (int)file.Length;
    }

    /// <summary>The word in any case, as <see cref="WordHash"/> gives it.</summary>
    internal uint Hash { get; private set; }

    /// <summary>The number of its line among those that are neither empty nor a remark, from 1 on.</summary>
    internal int Line { get; private set; }

    /// <summary>Whether it begins with a capital.</summary>
    internal bool IsCapital { get; private set; }

    /// <summary>Whether it is all that its line has.</summary>
    internal readonly bool IsLine => _begins && (_end == Length || _text[_end] == (byte)'\n');

    private int Length { get; }

    internal readonly bool IsLongerThan(int letters) => _end - _start > letters && Encoding.UTF8.GetCharCount(_text.AsSpan(_start, _end - _start)) > letters;

    /// <summary>Goes to the next word; false behind the last one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal bool Next()
    {
        while (++_end < Length)
        {
            (_begins, _start) = (_end == 0 || _text[_end - 1] == (byte)'\n', _end);
            var rest = _text.AsSpan(_start..Length);
            if (_begins && rest[0] == (byte)'#')
            {
                var line = rest.IndexOf((byte)'\n');
                _end = line < 0 ? Length : _start + line;
                continue;
            }
            var length = rest.IndexOfAny(_between);
            _end = length < 0 ? Length : _start + length;
            if (length == 0)
            {
                continue;
            }
            Line += _begins ? 1 : 0;
            Look();
            return true;
        }
        return false;
    }

    private void Look()
    {
        ref var first = ref _text[_start];
        Hash = _end - _start <= WordBytes.LengthMax ? WordBytes.Look(in first, _end - _start, out var kinds) : WordBytes.LookLong(in first, _end - _start, out kinds);
        IsCapital = kinds.HasFlag(Kinds.Capital) || (first >= 0x80 && Rune.DecodeFromUtf8(_text.AsSpan(_start, _end - _start), out var rune, out _) == System.Buffers.OperationStatus.Done && Rune.IsUpper(rune));
    }
}
