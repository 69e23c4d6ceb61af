using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Appliance.Models.Tokenizers.Normalizing;

/// <summary>SentencePiece's table of replacements, kept as a double-array trie in the model's file.</summary>
/// <remarks>
/// Layout: 4 bytes with the trie's length, the trie (32-bit units of darts-clone), then zero-terminated UTF-8 texts. A
/// whole grapheme of fewer than six bytes is looked up first, then character by character, as the reference does it.
/// </remarks>
internal sealed class CharsMap : INormalizer
{
    private const int GraphemeBytesMax = 5;
    private readonly uint[] _trie;
    private readonly byte[] _texts;
    private readonly bool[] _plain = new bool[128];

    /// <exception cref="InvalidDataException">The blob is shorter than it says.</exception>
    internal CharsMap(ReadOnlySpan<byte> blob)
    {
        var length = blob.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(blob) : 0;
        if (blob.Length < 4 || length > blob.Length - 4 || length % 4 != 0)
        {
            throw new InvalidDataException("The tokenizer's precompiled_charsmap is malformed.");
        }
        _trie = new uint[length / 4];
        for (var k = 0; k < _trie.Length; k++)
        {
            _trie[k] = BinaryPrimitives.ReadUInt32LittleEndian(blob[(4 + (4 * k))..]);
        }
        _texts = blob[(4 + (int)length)..].ToArray();
        for (var c = 0; c < 128; c++)
        {
            _plain[c] = Find([(byte)c]) < 0;
        }
    }

    public void Apply(TextBuffer text)
    {
        var units = text.Text;
        var change = false;
        for (var k = 0; k < units.Length && !change; k++)
        {
            change = units[k] >= 128 || !_plain[units[k]];
        }
        if (!change)
        {
            return;
        }
        text.Begin();
        for (var at = 0; at < text.Length;)
        {
            var length = StringInfo.GetNextTextElementLength(text.Text[at..]);
            Grapheme(text, at, length);
            at += length;
        }
        text.End();
    }

    private void Grapheme(TextBuffer text, int at, int length)
    {
        Span<byte> bytes = stackalloc byte[GraphemeBytesMax + 3];
        var part = text.Text.Slice(at, length);
        if (length <= GraphemeBytesMax && Encoding.UTF8.GetByteCount(part) <= GraphemeBytesMax)
        {
            var n = Encoding.UTF8.GetBytes(part, bytes);
            if (Find(bytes[..n]) is >= 0 and var found)
            {
                Write(text, found, Characters(part));
                return;
            }
        }
        for (var k = at; k < at + length;)
        {
            var (rune, width) = (text.RuneAt(k), text.Width(k));
            var n = rune.EncodeToUtf8(bytes);
            if (Find(bytes[..n]) is >= 0 and var found)
            {
                Write(text, found, 1);
            }
            else
            {
                text.Put(rune, 0);
            }
            k += width;
        }
    }

    // So many new characters for so many old: the surplus is inserted, a deficit swallowed by the last.
    private void Write(TextBuffer text, int at, int oldCount)
    {
        var end = Array.IndexOf(_texts, (byte)0, at);
        var runes = Encoding.UTF8.GetString(_texts, at, (end < 0 ? _texts.Length : end) - at).EnumerateRunes().ToArray();
        for (var k = 0; k < runes.Length; k++)
        {
            var inserted = k >= oldCount;
            var swallowed = k == runes.Length - 1 && runes.Length < oldCount ? runes.Length - oldCount : 0;
            text.Put(runes[k], inserted ? 1 : swallowed);
        }
        if (runes.Length == 0)
        {
            text.Skip(oldCount);
        }
    }

    private static int Characters(ReadOnlySpan<char> part)
    {
        var n = 0;
        foreach (var _ in part.EnumerateRunes())
        {
            n++;
        }
        return n;
    }

    // The place of the replacement of the shortest key that begins the bytes, as the reference takes it; −1 for none.
    private int Find(ReadOnlySpan<byte> bytes)
    {
        if (_trie.Length == 0)
        {
            return -1;
        }
        var node = Offset(_trie[0]);
        foreach (var b in bytes)
        {
            node ^= b;
            if (node >= _trie.Length || (_trie[node] & 0x800000FF) != b)
            {
                return -1;
            }
            var unit = _trie[node];
            node ^= Offset(unit);
            if (((unit >> 8) & 1) == 1 && node < _trie.Length)
            {
                var value = _trie[node] & 0x7FFFFFFF;
                return value < _texts.Length ? (int)value : -1;
            }
        }
        return -1;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1u << 9)) >> 6);
}
