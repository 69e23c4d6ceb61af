using System.Buffers.Text;

namespace Appliance.Domain.Privacy.Scanning;

/// <summary>Characters that HTML, JSON and URLs write in another way: <c>&amp;#64;</c>, <c>\u0040</c>, <c>%40</c>.</summary>
internal static class Escapes
{
    private const int EntityLengthMax = 10, PlaceholderMax = 48;
    private static readonly System.Buffers.SearchValues<byte> PlaceholderBytes = System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"u8);
    private static readonly System.Buffers.SearchValues<byte> CarriedBytes = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-:"u8);
    private static readonly HashSet<string> Types = [.. EntityTypes.All];

    private static readonly Dictionary<string, char> Named = new(Letters())
    {
        ["amp"] = '&', ["lt"] = '<', ["gt"] = '>', ["quot"] = '"', ["apos"] = '\'', ["nbsp"] = ' ', ["commat"] = '@', ["period"] = '.',
        ["colon"] = ':', ["sol"] = '/', ["num"] = '#', ["plus"] = '+', ["hyphen"] = '-', ["dash"] = '-', ["ndash"] = '-', ["mdash"] = '-', ["thinsp"] = ' ',
        ["lpar"] = '(', ["rpar"] = ')', ["lowbar"] = '_', ["rsquo"] = '\'', ["lsquo"] = '\'', ["shy"] = '\u00AD', ["zwj"] = '\u200D', ["zwnj"] = '\u200C',
    };

    // agrave, Ouml, ccedil and their like, as HTML calls them
    private static IEnumerable<KeyValuePair<string, char>> Letters() =>
        from accent in new[] { "grave", "acute", "circ", "tilde", "uml", "cedil", "ring", "slash", "caron" }
        from letter in "AEIOUYNCSZaeiouyncsz"
        let name = letter + accent
        let character = System.Net.WebUtility.HtmlDecode($"&{name};")
        where character.Length == 1
        select KeyValuePair.Create(name, character[0]);

    /// <summary>How many bytes the escape takes, and what it stands for; one byte that is kept where it is none.</summary>
    /// <param name="own">Kinds of the site, whose placeholders are as good as others.</param>
    /// <param name="before">The last byte of the view that is no blank; 0 at the beginning.</param>
    internal static (int Width, int Mapped) Open(ReadOnlySpan<byte> text, byte before, IReadOnlySet<string>? own = null) => text[0] switch
    {
        (byte)'&' => Entity(text),
        (byte)'%' => Percent(text),
        (byte)'<' => Markup.Open(text, before) is { Width: > 1 } tag ? tag : Placeholder(text, own),
        (byte)'[' => Defanged(text),
        _ => Backslash(text),
    };

    // 192[.]168[.]1[.]20, hxxp[:]//: as people write what nobody shall click
    private static (int, int) Defanged(ReadOnlySpan<byte> text) => text.Length > 2 && text[2] == ']' && text[1] is (byte)'.' or (byte)':' or (byte)'@' ? (3, text[1]) : (1, '[');

    // What stands for something that was redacted is nothing to find: it separates.
    private static (int, int) Placeholder(ReadOnlySpan<byte> text, IReadOnlySet<string>? own)
    {
        var end = text[..Math.Min(text.Length, PlaceholderMax)].IndexOf((byte)'>');
        var colon = text[..Math.Min(text.Length, PlaceholderMax)].IndexOf((byte)':');
        if (colon > 2 && text[1..colon].IndexOfAnyExcept(PlaceholderBytes) < 0)
        {
            return Carrying(text, colon, own);
        }
        if (end < 3 || text[1..end].IndexOfAnyExcept(PlaceholderBytes) >= 0)
        {
            return (1, '<');
        }
        Span<char> name = stackalloc char[PlaceholderMax];
        var length = System.Text.Encoding.Latin1.GetChars(text[1..end], name);
        var type = name[..length].TrimEnd("0123456789");
        type = type.Length < length && type.EndsWith("_") ? type[..^1] : name[..length];
        return Types.GetAlternateLookup<ReadOnlySpan<char>>().Contains(type) || own?.Contains(type.ToString()) == true ? (end + 1, Characters.Other) : (1, '<');
    }

    // <PERSON:e:...>: a token that carries its value sealed
    private static (int, int) Carrying(ReadOnlySpan<byte> text, int colon, IReadOnlySet<string>? own)
    {
        var length = text[colon..].IndexOfAnyExcept(CarriedBytes);
        return length > 4 && text[colon + length] == '>' && text[colon + 2] == ':' && System.Text.Encoding.Latin1.GetString(text[1..colon]) is var type && (Types.Contains(type) || own?.Contains(type) == true) ? (colon + length + 1, Characters.Other) : (1, '<');
    }

    private static (int, int) Entity(ReadOnlySpan<byte> text)
    {
        var end = text[..Math.Min(text.Length, EntityLengthMax)].IndexOf((byte)';');
        if (end < 3)
        {
            return (1, '&');
        }
        var body = text[1..end];
        if (body[0] != '#')
        {
            Span<char> name = stackalloc char[EntityLengthMax];
            var length = System.Text.Encoding.Latin1.GetChars(body, name);
            return Named.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name[..length], out var known) ? (end + 1, Mapped(known)) : (1, '&');
        }
        var hex = body.Length > 2 && (body[1] | 0x20) == 'x';
        return Utf8Parser.TryParse(body[(hex ? 2 : 1)..], out uint code, out var used, hex ? 'x' : 'D') && used == body.Length - (hex ? 2 : 1)
            ? (end + 1, Mapped(code)) : (1, '&');
    }

    private static (int, int) Percent(ReadOnlySpan<byte> text) =>
        text.Length >= 3 && Utf8Parser.TryParse(text.Slice(1, 2), out uint code, out var used, 'x') && used == 2 && code is > 0x20 and < 0x7F or 0x20
            ? (3, (int)code) : (1, '%');

    private static (int, int) Backslash(ReadOnlySpan<byte> text)
    {
        if (text.Length < 2)
        {
            return (1, '\\');
        }
        return text[1] switch
        {
            (byte)'n' or (byte)'r' => (2, '\n'),
            (byte)'t' => (2, '\t'),
            (byte)'"' or (byte)'/' => (2, text[1]),
            (byte)'x' when text.Length >= 4 && Utf8Parser.TryParse(text.Slice(2, 2), out uint one, out var read, 'x') && read == 2 && one is > 0x20 and < 0x7F => (4, (int)one),
            (byte)'u' when text.Length >= 6 && Utf8Parser.TryParse(text.Slice(2, 4), out uint code, out var used, 'x') && used == 4 => (6, Mapped(code)),
            _ => (1, '\\'),
        };
    }

    // A letter above ASCII takes more bytes than its view has room to say: it is a letter of a name all the same.
    private static int Mapped(uint code) => code < 0x80 ? (int)code
        : System.Text.Rune.TryCreate(code, out var rune) ? Characters.Map(rune) is var m && m == Characters.Keep ? Characters.Folded(rune) : m
        : Characters.Other;
}
