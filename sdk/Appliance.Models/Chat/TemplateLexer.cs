using System.Globalization;
using System.Text;

namespace Appliance.Models.Chat;

/// <summary>What a piece of a template's code is.</summary>
internal enum Lexeme
{
    Name,
    Text,
    Number,
    Symbol,
    End,
}

/// <summary>A piece of code, with the line it stands on for messages.</summary>
internal readonly record struct CodeToken(Lexeme Kind, string Value, int Line);

/// <summary>A piece of a template: plain text, an expression to print, or a statement.</summary>
internal sealed record Segment(char Kind, string Text, IReadOnlyList<CodeToken> Code, int Line);

/// <summary>Cuts a template into text, {{ expressions }}, {% statements %} and {# comments #}.</summary>
/// <remarks>As the reference sets Jinja up: trim_blocks and lstrip_blocks on. A minus sign trims all white space on its side.</remarks>
internal static class TemplateLexer
{
    private static readonly string[] Symbols =
        ["==", "!=", "<=", ">=", "//", "**", "(", ")", "[", "]", "{", "}", ",", ":", ".", "|", "~", "+", "-", "*", "/", "%", "<", ">", "="];

    internal static List<Segment> Segments(string source)
    {
        var segments = new List<Segment>();
        var (at, line, trimNext) = (0, 1, false);
        while (at < source.Length)
        {
            var open = NextOpening(source, at);
            var text = open < 0 ? source[at..] : source[at..open];
            var kind = open < 0 ? ' ' : source[open + 1];
            var trimEnd = open >= 0 && open + 2 < source.Length && source[open + 2] == '-';
            var keepsIndent = open >= 0 && open + 2 < source.Length && source[open + 2] == '+';
            AddText(segments, text, line, trimNext, trimEnd, lstrip: open >= 0 && kind is '%' or '#' && !keepsIndent, atStart: at == 0);
            line += text.Count(c => c == '\n');
            if (open < 0)
            {
                break;
            }
            var close = Closing(source, open + 2, kind, line);
            var inner = source[(open + 2 + (trimEnd || keepsIndent ? 1 : 0))..close];
            trimNext = inner.EndsWith('-');
            inner = trimNext || inner.EndsWith('+') ? inner[..^1] : inner;
            if (kind != '#')
            {
                segments.Add(new Segment(kind, "", Code(inner, line), line));
            }
            line += source[open..close].Count(c => c == '\n');
            at = close + 2;
            if (!trimNext && kind is '%' or '#' && at < source.Length && source[at] == '\n')
            {
                (at, line) = (at + 1, line + 1); // trim_blocks: the line end after a statement is not text
            }
        }
        return segments;
    }

    private static void AddText(List<Segment> segments, string text, int line, bool trimStart, bool trimEnd, bool lstrip, bool atStart)
    {
        text = trimStart ? text.TrimStart() : text;
        if (trimEnd)
        {
            text = text.TrimEnd();
        }
        else if (lstrip)
        {
            // lstrip_blocks: blanks between the line's start and a statement are not text
            var lineStart = text.LastIndexOf('\n') + 1;
            var wholeLine = lineStart > 0 || atStart || (segments.Count > 0 && segments[^1].Kind == '%');
            text = wholeLine && string.IsNullOrWhiteSpace(text[lineStart..]) ? text[..lineStart] : text;
        }
        if (text.Length > 0)
        {
            segments.Add(new Segment(' ', text, [], line));
        }
    }

    private static int NextOpening(string source, int at)
    {
        for (var k = source.IndexOf('{', at); k >= 0 && k + 1 < source.Length; k = source.IndexOf('{', k + 1))
        {
            if (source[k + 1] is '{' or '%' or '#')
            {
                return k;
            }
        }
        return -1;
    }

    // The end of the block; a quoted text may hold what looks like one.
    private static int Closing(string source, int at, char kind, int line)
    {
        var wanted = kind == '{' ? "}}" : kind + "}";
        var (quote, depth) = ('\0', 0);
        for (var k = at; k + 1 < source.Length; k++)
        {
            var c = source[k];
            if (quote != '\0')
            {
                k += c == '\\' ? 1 : 0;
                quote = c == quote ? '\0' : quote;
            }
            else if (kind != '#' && c is '\'' or '"')
            {
                quote = c;
            }
            else if (depth == 0 && source.AsSpan(k).StartsWith(wanted))
            {
                return k;
            }
            else if (kind == '{')
            {
                depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            }
        }
        throw new ChatTemplateException(line, $"a block that opens with {{{kind} is not closed");
    }

    private static List<CodeToken> Code(string code, int line)
    {
        var tokens = new List<CodeToken>();
        for (var k = 0; k < code.Length;)
        {
            var c = code[k];
            line += c == '\n' ? 1 : 0;
            if (char.IsWhiteSpace(c))
            {
                k++;
            }
            else if (c is '\'' or '"')
            {
                tokens.Add(new CodeToken(Lexeme.Text, Quoted(code, ref k, line), line));
            }
            else if (char.IsAsciiLetter(c) || c == '_')
            {
                var start = k;
                while (k < code.Length && (char.IsAsciiLetterOrDigit(code[k]) || code[k] == '_'))
                {
                    k++;
                }
                tokens.Add(new CodeToken(Lexeme.Name, code[start..k], line));
            }
            else if (char.IsAsciiDigit(c))
            {
                var start = k;
                while (k < code.Length && (char.IsAsciiDigit(code[k]) || (code[k] == '.' && k + 1 < code.Length && char.IsAsciiDigit(code[k + 1]))))
                {
                    k++;
                }
                tokens.Add(new CodeToken(Lexeme.Number, code[start..k], line));
            }
            else
            {
                var symbol = Array.Find(Symbols, s => code.AsSpan(k).StartsWith(s))
                    ?? throw new ChatTemplateException(line, "a character that no expression of a template has");
                tokens.Add(new CodeToken(Lexeme.Symbol, symbol, line));
                k += symbol.Length;
            }
        }
        tokens.Add(new CodeToken(Lexeme.End, "", line));
        return tokens;
    }

    private static string Quoted(string code, ref int k, int line)
    {
        var (quote, text) = (code[k++], new StringBuilder());
        for (; k < code.Length && code[k] != quote; k++)
        {
            if (code[k] != '\\' || k + 1 >= code.Length)
            {
                text.Append(code[k]);
                continue;
            }
            k++;
            switch (code[k])
            {
                case 'n': text.Append('\n'); break;
                case 't': text.Append('\t'); break;
                case 'r': text.Append('\r'); break;
                case 'u' when k + 4 < code.Length && ushort.TryParse(code.AsSpan(k + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit):
                    text.Append((char)unit);
                    k += 4;
                    break;
                case '\\' or '\'' or '"': text.Append(code[k]); break;
                default: text.Append('\\').Append(code[k]); break;
            }
        }
        if (k >= code.Length)
        {
            throw new ChatTemplateException(line, "a quoted text is not closed");
        }
        k++;
        return text.ToString();
    }
}
