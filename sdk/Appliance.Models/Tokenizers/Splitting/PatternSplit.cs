using System.Text.RegularExpressions;

namespace Appliance.Models.Tokenizers.Splitting;

/// <summary>Splits at the matches of a text or of a regular expression from the tokenizer's file.</summary>
/// <remarks>
/// Only the non-backtracking engine runs it. It knows no look-ahead; the one that the field uses, <c>\s+(?!\S)|\s+</c> at
/// the end of a pattern, is done by hand: a run of blanks gives its last one to the word that follows.
/// </remarks>
internal sealed class PatternSplit : IPreTokenizer
{
    private const string LookAhead = @"\s+(?!\S)|\s+";
    private readonly Regex _pattern;
    private readonly bool _givesBack;
    private readonly bool _endsLines;
    private readonly Delimiter _behaviour;
    private readonly bool _invert;

    /// <exception cref="InvalidDataException">The pattern needs a construct that cannot run in linear time.</exception>
    internal PatternSplit(string pattern, Delimiter behaviour, bool invert)
    {
        (_behaviour, _invert) = (behaviour, invert);
        _givesBack = pattern.EndsWith(LookAhead, StringComparison.Ordinal);
        _endsLines = pattern.Contains(@"\s*[\r\n]+", StringComparison.Ordinal) || pattern.Contains(@"\s*[\r\n]", StringComparison.Ordinal);
        _pattern = Compiled(_givesBack ? pattern[..^LookAhead.Length] + @"\s+" : pattern);
    }

    /// <exception cref="InvalidDataException">The pattern needs a construct that cannot run in linear time.</exception>
    internal static Regex Compiled(string pattern)
    {
        try
        {
            // Onigmo's possessive and atomic forms match the same texts here: every run is taken whole anyway.
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new InvalidDataException("The tokenizer's file has a pattern with a construct that is not supported " +
                "(look-around, back-references or possessive forms): it cannot be read.");
        }
    }

    public void Split(TextBuffer text, List<Span> spans)
    {
        var old = spans.ToArray();
        spans.Clear();
        var found = new List<Span>();
        foreach (var span in old)
        {
            found.Clear();
            Find(text.Text[span.Start..span.End], span.Start, found);
            if (!_invert)
            {
                Cutting.Apply(span, found, _behaviour, spans);
                continue;
            }
            var others = new List<Span>();
            Cutting.Apply(span, found, Delimiter.Removed, others);
            Cutting.Apply(span, others, _behaviour, spans);
        }
    }

    private void Find(ReadOnlySpan<char> text, int offset, List<Span> found)
    {
        for (var at = 0; at < text.Length;)
        {
            var next = -1;
            foreach (var match in _pattern.EnumerateMatches(text, at))
            {
                if (match.Length == 0)
                {
                    continue;
                }
                var end = match.Index + match.Length;
                if (_givesBack && GivesBack(text, match.Index, end))
                {
                    found.Add(new Span(offset + match.Index, offset + end - 1));
                    next = end - 1;
                    break; // the blank that was given back begins the next match
                }
                found.Add(new Span(offset + match.Index, offset + end));
            }
            if (next < 0)
            {
                return;
            }
            at = next;
        }
    }

    private bool GivesBack(ReadOnlySpan<char> text, int start, int end) =>
        end < text.Length && end - start > 1 && text[start..end].IsWhiteSpace() && !(_endsLines && text[end - 1] is '\r' or '\n');
}

/// <summary>Splits at every occurrence of a text.</summary>
internal sealed class LiteralSplit(string literal, Delimiter behaviour, bool invert) : IPreTokenizer
{
    public void Split(TextBuffer text, List<Span> spans)
    {
        var old = spans.ToArray();
        spans.Clear();
        foreach (var span in old)
        {
            var found = new List<Span>();
            for (var at = span.Start; literal.Length > 0 && at < span.End;)
            {
                var next = text.Text[at..span.End].IndexOf(literal, StringComparison.Ordinal);
                if (next < 0)
                {
                    break;
                }
                found.Add(new Span(at + next, at + next + literal.Length));
                at += next + literal.Length;
            }
            if (!invert)
            {
                Cutting.Apply(span, found, behaviour, spans);
                continue;
            }
            var others = new List<Span>();
            Cutting.Apply(span, found, Delimiter.Removed, others);
            Cutting.Apply(span, others, behaviour, spans);
        }
    }
}
