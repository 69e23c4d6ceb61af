using System.Text;

namespace Appliance.Models.Tokenizers.Splitting;

/// <summary>Every byte as one printable character, as GPT-2 writes its vocabulary.</summary>
internal static class ByteChars
{
    private static readonly char[] OfByteTable = Build();
    private static readonly Dictionary<char, byte> Back = OfByteTable.Select((c, b) => (c, b)).ToDictionary(p => p.c, p => (byte)p.b);

    internal static char Of(byte b) => OfByteTable[b];

    internal static byte? ToByte(char c) => Back.TryGetValue(c, out var b) ? b : null;

    // Printable Latin-1 stays; the other 68 bytes take the characters from U+0100 on, in order.
    private static char[] Build()
    {
        var table = new char[256];
        var next = 256;
        for (var b = 0; b < 256; b++)
        {
            table[b] = b is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174) ? (char)b : (char)next++;
        }
        return table;
    }
}

/// <summary>GPT-2's: a blank in front if asked, the words, then every byte as a character.</summary>
internal sealed class ByteLevelSplit(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    private readonly List<Span> _old = [];

    public void Split(TextBuffer text, List<Span> spans)
    {
        lock (_old)
        {
            if (addPrefixSpace)
            {
                SpaceInFront(text, spans);
            }
            if (useRegex)
            {
                GptSplit.Known[GptSplit.Gpt2].Split(text, spans);
            }
            _old.Clear();
            _old.AddRange(spans);
            spans.Clear();
            text.Begin();
            Span<byte> bytes = stackalloc byte[4];
            foreach (var span in _old)
            {
                var from = text.Written;
                for (var k = span.Start; k < span.End; k += text.Width(k))
                {
                    var (start, end) = (text.StartOf(k), text.EndOf(k));
                    var unit = text.Text[k];
                    if (unit < 128)
                    {
                        text.Put(ByteChars.Of((byte)unit), start, end);
                        continue;
                    }
                    var n = text.RuneAt(k).EncodeToUtf8(bytes);
                    for (var b = 0; b < n; b++)
                    {
                        text.Put(ByteChars.Of(bytes[b]), start, end);
                    }
                }
                spans.Add(new Span(from, text.Written));
            }
            text.End();
        }
    }

    private void SpaceInFront(TextBuffer text, List<Span> spans)
    {
        _old.Clear();
        _old.AddRange(spans);
        spans.Clear();
        text.Begin();
        foreach (var span in _old)
        {
            var from = text.Written;
            if (text.Text[span.Start] != ' ')
            {
                text.Put(' ', text.StartOf(span.Start), text.EndOf(span.Start));
            }
            text.Keep(span.Start, span.End);
            spans.Add(new Span(from, text.Written));
        }
        text.End();
    }
}

/// <summary>When Metaspace puts its mark in front.</summary>
internal enum PrependScheme
{
    Always,
    First,
    Never,
}

/// <summary>SentencePiece's: blanks become a visible mark, which begins each word.</summary>
internal sealed class MetaspaceSplit(char mark, PrependScheme scheme, bool split) : IPreTokenizer
{
    private readonly List<Span> _old = [];

    public void Split(TextBuffer text, List<Span> spans)
    {
        lock (_old)
        {
            _old.Clear();
            _old.AddRange(spans);
            spans.Clear();
            text.Begin();
            foreach (var span in _old)
            {
                One(text, span, spans);
            }
            text.End();
        }
    }

    private void One(TextBuffer text, Span span, List<Span> spans)
    {
        var from = text.Written;
        var first = text.Text[span.Start];
        var wanted = scheme == PrependScheme.Always || (scheme == PrependScheme.First && text.StartOf(span.Start) == 0);
        if (wanted && first != mark && first != ' ')
        {
            text.Put(mark, text.StartOf(span.Start), text.EndOf(span.Start));
        }
        for (var k = span.Start; k < span.End; k++)
        {
            var unit = text.Text[k];
            var marked = unit == ' ' || unit == mark;
            if (marked && split && text.Written > from)
            {
                spans.Add(new Span(from, text.Written));
                from = text.Written;
            }
            text.Put(marked ? mark : unit, text.StartOf(k), text.EndOf(k));
        }
        if (text.Written > from)
        {
            spans.Add(new Span(from, text.Written));
        }
    }
}
