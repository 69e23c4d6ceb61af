namespace Appliance.Domain.Privacy.Scanning;

/// <summary>Places of UTF-8 bytes in another unit, asked for in rising order.</summary>
internal ref struct Places(ReadOnlySpan<byte> utf8, PlaceUnit unit)
{
    private readonly ReadOnlySpan<byte> _utf8 = utf8;
    private int _bytes, _units;

    internal int Of(int place)
    {
        if (unit == PlaceUnit.Utf8)
        {
            return place;
        }
        if (place < _bytes)
        {
            (_bytes, _units) = (0, 0);
        }
        foreach (var b in _utf8[_bytes..place])
        {
            // Every byte but those that go on with a character; the first of four stands for a surrogate pair.
            _units += (b & 0xC0) != 0x80 ? 1 : 0;
            _units += unit == PlaceUnit.Utf16 && b >= 0xF0 ? 1 : 0;
        }
        _bytes = place;
        return _units;
    }
}
