using System.Buffers;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Addresses on the web, with or without their scheme.</summary>
internal sealed class UrlRecognizer : IRecognizer
{
    private const int LengthMax = 2048, SchemeMax = 12;
    private static readonly SearchValues<byte> Ends = SearchValues.Create([.. Enumerable.Range(0, 33).Select(b => (byte)b), .. "<>\"`{}|^"u8.ToArray()]);

    public string Name => "url";

    public void Find(Scan scan)
    {
        // 1 With a scheme: everything up to a blank.
        var view = scan.View;
        var done = 0;
        var tokens = scan.Tokens;
        foreach (var k in scan.Marks)
        {
            var at = tokens[k].End;
            if (tokens[k].After != ':' || !view[at..].StartsWith("://"u8))
            {
                continue;
            }
            var start = at;
            while (start > 0 && at - start < SchemeMax && (char.IsAsciiLetterOrDigit((char)view[start - 1]) || view[start - 1] is (byte)'+' or (byte)'-'))
            {
                start--;
            }
            var end = End(view, at + 3);
            if (start >= done && start < at && end > at + 4)
            {
                scan.Add(EntityTypes.Url, start, end, 0.95f, "scheme");
                done = end;
            }
        }
        // 2 Names of hosts: a known last label, with a path or without.
        var next1 = 0;
        foreach (var mark in scan.Marks)
        {
            var k = mark + 1;
            if (k < next1 || k >= tokens.Length)
            {
                continue;
            }
            if (tokens[k - 1].After == '.' && tokens[k].Start - tokens[k - 1].End == 1 && !tokens[k].Has(Kinds.Digit))
            {
                next1 = Host(scan, k) + 1;
            }
        }
    }

    private static int Host(Scan scan, int second)
    {
        var view = scan.View;
        var tokens = scan.Tokens;
        var (first, last) = (second - 1, second);
        while (first > 0 && tokens[first].Start - tokens[first - 1].End == 1 && view[tokens[first].Start - 1] == '-' && second - first < 6)
        {
            first--;
        }
        while (last + 1 < tokens.Length && tokens[last + 1].Start - tokens[last].End == 1 && view[tokens[last].End] is (byte)'.' or (byte)'-' && last - second < 12)
        {
            last++;
        }
        var top = last;
        while (top > second - 1 && !(view[tokens[top].Start - 1] == '.' && Domains.IsTop(view[tokens[top].Start..tokens[top].End])))
        {
            top--;
        }
        if (top < second || Bytes.At(view, tokens[first].Start - 1) is (byte)'@' or (byte)'/' or (byte)'.' || Bytes.At(view, tokens[top].End) is (byte)'@' or (byte)'(' or (byte)'_')
        {
            return last;
        }
        var label = view[tokens[top].Start..tokens[top].End];
        var (www, path) = (top >= first + 2 && Bytes.StandsAt(view, tokens[first].Start, "www."u8), Bytes.At(view, tokens[top].End) is (byte)'/' or (byte)':' && Bytes.IsWord(Bytes.At(view, tokens[top].End + 1)));
        var written = !tokens[top].Has(Kinds.Upper) || !tokens[top].Has(Kinds.Lower);
        if (www || path || (written && !Domains.IsFile(label) && !Bytes.StandsAt(view, tokens[first].Start, "www."u8) && tokens[top - 1].Length >= 2 && !tokens[first].Has(Kinds.Capital) == !tokens[top].Has(Kinds.Capital)))
        {
            scan.Add(EntityTypes.Url, tokens[first].Start, path ? End(view, tokens[top].End) : tokens[top].End, www || path ? 0.9f : 0.6f, "host");
        }
        return last;
    }

    private static int End(ReadOnlySpan<byte> view, int from)
    {
        var rest = view[from..Math.Min(view.Length, from + LengthMax)];
        var length = rest.IndexOfAny(Ends);
        var end = from + (length < 0 ? rest.Length : length);
        while (end > from && view[end - 1] is (byte)'.' or (byte)',' or (byte)';' or (byte)':' or (byte)'!' or (byte)'?' or (byte)')' or (byte)'\'' or (byte)']' or Characters.Other or (byte)'*')
        {
            end--;
        }
        return end;
    }
}
