using System.Text;

namespace Appliance.Domain.Privacy.Scanning;

/// <summary>Places of UTF-8 bytes as places of UTF-16 code units, asked for in rising order.</summary>
internal sealed class Utf16Places(string text)
{
    private int _bytes, _units;

    internal int Of(int place)
    {
        if (place < _bytes)
        {
            (_bytes, _units) = (0, 0);
        }
        while (_bytes < place && _units < text.Length)
        {
            var known = Rune.TryGetRuneAt(text, _units, out var rune);
            _bytes += known ? rune.Utf8SequenceLength : 3; // a lone surrogate is written as U+FFFD
            _units += known ? rune.Utf16SequenceLength : 1;
        }
        return _units;
    }
}
