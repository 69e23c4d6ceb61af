namespace Appliance.Models.Tokenizers.Splitting;

/// <summary>BERT's: white space goes, each punctuation character stands alone.</summary>
internal sealed class BertSplit : IPreTokenizer
{
    private readonly List<Span> _old = [];

    public void Split(TextBuffer text, List<Span> spans)
    {
        lock (_old)
        {
            _old.Clear();
            _old.AddRange(spans);
            spans.Clear();
            foreach (var span in _old)
            {
                One(text, span, spans);
            }
        }
    }

    private static void One(TextBuffer text, Span span, List<Span> spans)
    {
        var word = span.Start;
        for (var k = span.Start; k < span.End;)
        {
            var width = text.Width(k);
            var kind = width == 1 ? CharClass.Of(text.Text[k]) : CharClass.Of(text.RuneAt(k));
            if ((kind & (CharClass.Blank | CharClass.Punctuation)) != 0)
            {
                if (word < k)
                {
                    spans.Add(new Span(word, k));
                }
                if ((kind & CharClass.Blank) == 0)
                {
                    spans.Add(new Span(k, k + width));
                }
                word = k + width;
            }
            k += width;
        }
        if (word < span.End)
        {
            spans.Add(new Span(word, span.End));
        }
    }
}

/// <summary>Splits where runs of matching characters begin and end.</summary>
/// <param name="matches">Whether a character of this class is a delimiter.</param>
/// <param name="single">Each delimiter character counts alone; else runs count as one.</param>
internal sealed class ClassSplit(Func<System.Text.Rune, bool> matches, Delimiter behaviour, bool single) : IPreTokenizer
{
    public void Split(TextBuffer text, List<Span> spans)
    {
        var old = spans.ToArray();
        spans.Clear();
        var found = new List<Span>();
        foreach (var span in old)
        {
            found.Clear();
            for (var k = span.Start; k < span.End;)
            {
                var end = k + text.Width(k);
                if (matches(text.RuneAt(k)))
                {
                    while (!single && end < span.End && matches(text.RuneAt(end)))
                    {
                        end += text.Width(end);
                    }
                    found.Add(new Span(k, end));
                }
                k = end;
            }
            Cutting.Apply(span, found, behaviour, spans);
        }
    }
}

/// <summary>Words, and runs of what is neither word nor white space: \w+|[^\w\s]+.</summary>
internal sealed class WordSplit : IPreTokenizer
{
    public void Split(TextBuffer text, List<Span> spans)
    {
        var old = spans.ToArray();
        spans.Clear();
        foreach (var span in old)
        {
            for (var k = span.Start; k < span.End;)
            {
                var kind = Kind(text, k);
                var end = k + text.Width(k);
                while (end < span.End && Kind(text, end) == kind)
                {
                    end += text.Width(end);
                }
                if (kind != CharClass.Blank)
                {
                    spans.Add(new Span(k, end));
                }
                k = end;
            }
        }
    }

    private static byte Kind(TextBuffer text, int k)
    {
        var rune = text.RuneAt(k);
        var kind = CharClass.Of(rune);
        var joins = (kind & CharClass.Word) != 0 || rune.Value is 0x200c or 0x200d; // joiners count as word characters
        return joins ? CharClass.Word : (kind & CharClass.Blank) != 0 ? CharClass.Blank : (byte)0;
    }
}

/// <summary>Cuts a span at the matches inside it.</summary>
internal static class Cutting
{
    /// <param name="matches">In order, inside of the span, not overlapping.</param>
    internal static void Apply(Span span, IReadOnlyList<Span> matches, Delimiter behaviour, List<Span> spans)
    {
        var parts = new List<(Span Span, bool Match)>();
        var at = span.Start;
        foreach (var match in matches)
        {
            if (match.Start > at)
            {
                parts.Add((new Span(at, match.Start), false));
            }
            if (match.End > match.Start)
            {
                parts.Add((match, true));
            }
            at = Math.Max(at, match.End);
        }
        if (at < span.End)
        {
            parts.Add((new Span(at, span.End), false));
        }
        Join(parts, behaviour, spans);
    }

    private static void Join(List<(Span Span, bool Match)> parts, Delimiter behaviour, List<Span> spans)
    {
        var first = spans.Count;
        var before = false;
        for (var k = 0; k < parts.Count; k++)
        {
            var (part, match) = parts[k];
            switch (behaviour)
            {
                case Delimiter.Removed when match:
                    break;
                case Delimiter.MergedWithPrevious when match && !before && spans.Count > first:
                case Delimiter.Contiguous when k > 0 && match == before && spans.Count > first:
                    spans[^1] = new Span(spans[^1].Start, part.End);
                    break;
                case Delimiter.MergedWithNext when match && k + 1 < parts.Count && !parts[k + 1].Match:
                    spans.Add(new Span(part.Start, parts[k + 1].Span.End));
                    k++;
                    match = false;
                    break;
                default:
                    spans.Add(part);
                    break;
            }
            before = match;
        }
    }
}
