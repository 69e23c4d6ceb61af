using System.Buffers;
using System.Text;

namespace Appliance.Domain.Privacy.Scanning;

/// <summary>A text as recognizers read it: UTF-8 with digits, spaces, dashes and quotes in one form, escapes opened, invisible characters gone.</summary>
/// <remarks>A byte of the view knows its bytes of the original, so that the original, with all that was hidden in it, is redacted.
/// Plain text without escapes, of ASCII and the accented letters of Western Europe, is its own view: nothing is copied.</remarks>
internal sealed class TextBytes
{
    private const int KeptBytesMax = 1 << 20, BlanksMax = 4;

    private static readonly SearchValues<byte> Special =
        SearchValues.Create([.. Enumerable.Range(0x80, 0x80).Select(b => (byte)b), (byte)'&', (byte)'%', (byte)'\\', (byte)'<', (byte)'[']);

    // What no letter of Western Europe begins with: those are 0xC3 and one more byte.
    private static readonly SearchValues<byte> Foreign =
        SearchValues.Create([.. Enumerable.Range(0xC0, 0x40).Where(b => b != 0xC3).Select(b => (byte)b), (byte)'&', (byte)'%', (byte)'\\', (byte)'<']);

    private readonly List<Stretch> _stretches = [];
    private byte[] _own = [];
    private IReadOnlySet<string>? _ownKinds;
    private ReadOnlyMemory<byte> _view;

    // From this place of the view on, bytes stand for those of the original from Original on; Width is what the first one stands for.
    private readonly record struct Stretch(int View, int Original, int Width);

    internal ReadOnlySpan<byte> View => _view.Span;

    /// <summary>Reads another text; buffers are kept from text to text.</summary>
    internal void Read(ReadOnlyMemory<byte> utf8, IReadOnlySet<string>? own = null)
    {
        _ownKinds = own;
        _stretches.Clear();
        if (IsPlain(utf8.Span))
        {
            _view = utf8;
            return;
        }
        if (_own.Length < utf8.Length)
        {
            _own = new byte[Math.Max(1024, utf8.Length)]; // a view is never longer than its text
        }
        _view = _own.AsMemory(0, Normalise(utf8.Span));
    }

    internal void Forget()
    {
        _own.AsSpan(0, Math.Min(_own.Length, _view.Length)).Clear();
        (_view, _own) = (default, _own.Length > KeptBytesMax ? [] : _own);
        _stretches.Clear();
    }

    // × and ÷ are written like letters; a dash at the end of a line may go through a number; [.] hides a dot.
    private static bool IsPlain(ReadOnlySpan<byte> text) =>
        text.IndexOfAny(Foreign) < 0 && text.IndexOf("\u00D7"u8) < 0 && text.IndexOf("\u00F7"u8) < 0 && text.IndexOf("-\n"u8) < 0 && text.IndexOf("-\r"u8) < 0
        && text.IndexOf("[.]"u8) < 0;

    /// <summary>Where the byte of the view begins in the original.</summary>
    internal int StartOf(int place)
    {
        var s = At(place);
        return s.Original + (place == s.View ? 0 : s.Width + place - s.View - 1);
    }

    /// <summary>Where in the original a stretch ends that ends before this byte of the view.</summary>
    internal int EndOf(int place)
    {
        var s = At(place - 1);
        return s.Original + s.Width + (place - 1 - s.View);
    }

    private Stretch At(int place)
    {
        var (low, high) = (0, _stretches.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_stretches[middle].View <= place)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        return low == 0 ? new Stretch(0, 0, 1) : _stretches[low - 1];
    }

    private int Normalise(ReadOnlySpan<byte> text)
    {
        var (read, written) = (0, 0);
        while (read < text.Length)
        {
            // 1 What is plain is copied whole.
            var plain = text[read..].IndexOfAny(Special);
            plain = plain < 0 ? text.Length - read : plain;
            written = CopyPlain(text, read, read + plain, written);
            read += plain;
            if (read == text.Length)
            {
                break;
            }
            // 2 An escape or a character above ASCII becomes one byte, none, or stays.
            var (width, mapped) = text[read] < 0x80 ? Escapes.Open(text[read..], Seen(written), _ownKinds) : Characters.Map(text[read..], written > 0 ? _own[written - 1] : (byte)0);
            if (mapped == Characters.Keep)
            {
                text.Slice(read, width).CopyTo(_own.AsSpan(written));
                written += width;
            }
            else if (mapped == Characters.Drop)
            {
                _stretches.Add(new Stretch(written, read + width, 1)); // what follows stands for what follows
            }
            else
            {
                _own[written] = (byte)mapped;
                _stretches.Add(new Stretch(written, read, width));
                _stretches.Add(new Stretch(++written, read + width, 1));
            }
            read += width;
        }
        return written;
    }

    // The last byte of the view that is no blank.
    private byte Seen(int written)
    {
        var at = written - 1;
        while (at >= 0 && at > written - BlanksMax && _own[at] == ' ')
        {
            at--;
        }
        return Bytes.At(_own, at);
    }

    // A number that goes on in the next line behind its dash is one number: 536-90-, 4399.
    private int CopyPlain(ReadOnlySpan<byte> text, int from, int to, int written)
    {
        while (text[from..to].IndexOf((byte)'\n') is var line and >= 0)
        {
            text.Slice(from, line).CopyTo(_own.AsSpan(written));
            written += line;
            var end = written - (Bytes.At(_own, written - 1) == '\r' ? 1 : 0);
            from += line + 1;
            if (Bytes.At(_own, end - 1) == '-' && Bytes.IsDigit(Bytes.At(_own, end - 2)) && Bytes.IsDigit(Bytes.At(text, from)))
            {
                written = end;
                _stretches.Add(new Stretch(written, from, 1));
                continue;
            }
            _own[written++] = (byte)'\n';
        }
        text[from..to].CopyTo(_own.AsSpan(written));
        return written + to - from;
    }
}
