using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>E-mail addresses; also as people hide them from machines: <c>mario [at] example [dot] it</c>.</summary>
internal sealed class EmailRecognizer : IRecognizer
{
    private const int LocalMax = 64, DomainMax = 253;
    private static readonly HashSet<uint> At = WordHash.All("at chiocciola arroba klammeraffe arobase");
    private static readonly HashSet<uint> Dot = WordHash.All("dot punto punkt point");

    public string Name => "email";

    public Waiting Waits => Waiting.Emails;

    public IEnumerable<uint> Awaits => At;

    public void Find(Scan scan)
    {
        var view = scan.View;
        for (var at = view.IndexOf((byte)'@'); at >= 0; at = Bytes.Next(view, at + 1, "@"u8))
        {
            var end = DomainEnd(view, at + (Bytes.At(view, at + 1) == ' ' ? 2 : 1));
            var start = end < 0 ? -1 : LocalStart(view, at - (at > 1 && view[at - 1] == ' ' && Bytes.IsWord(view[at - 2]) ? 1 : 0));
            if (start >= 0)
            {
                scan.Add(EntityTypes.Email, start, end, 0.99f, "address");
            }
        }
        Hidden(scan);
    }

    private static int LocalStart(ReadOnlySpan<byte> view, int end)
    {
        var start = end;
        if (end > 1 && view[end - 1] == '"')
        {
            var open = view[Math.Max(0, end - LocalMax)..(end - 1)].LastIndexOf((byte)'"');
            return open < 0 ? -1 : Math.Max(0, end - LocalMax) + open;
        }
        while (start > 0 && end - start < LocalMax && (Bytes.IsWord(view[start - 1]) || view[start - 1] is (byte)'.' or (byte)'_' or (byte)'%' or (byte)'+' or (byte)'-' or (byte)'\''))
        {
            start--;
        }
        while (start < end && view[start] is (byte)'.' or (byte)'\'' or (byte)'-' or (byte)'%')
        {
            start++;
        }
        return start == end ? -1 : start;
    }

    // Labels with a dot between them; the last begins with a letter. An address in brackets is a domain as well.
    private static int DomainEnd(ReadOnlySpan<byte> view, int from)
    {
        if (Bytes.At(view, from) == '[')
        {
            var close = view[from..Math.Min(view.Length, from + 50)].IndexOf((byte)']');
            return close > 6 ? from + close + 1 : -1;
        }
        var (at, last, end) = (from, from, -1);
        while (at < view.Length && at - from < DomainMax)
        {
            if (Bytes.IsWord(view[at]) || (view[at] == '-' && at > last))
            {
                at++;
                continue;
            }
            if (at > last && last > from && IsTop(view[last..at]))
            {
                end = at;
            }
            if (view[at] != '.' || at == last)
            {
                return end;
            }
            last = ++at;
        }
        return at > last && last > from && IsTop(view[last..at]) ? at : end;
    }

    private static bool IsTop(ReadOnlySpan<byte> label) => label.Length >= 2 && !Bytes.IsDigit(label[0]);

    private static void Hidden(Scan scan)
    {
        var tokens = scan.Tokens;
        foreach (var k in scan.Awaited)
        {
            if (!scan.IsFor(k, Waiting.Emails) || k == 0 || k + 2 >= tokens.Length || !At.Contains(tokens[k].Hash) || !Bracketed(scan.View, tokens[k - 1].End, tokens[k], tokens[k + 1].Start))
            {
                continue;
            }
            var (last, dots) = (k + 1, 0);
            while (last + 1 < tokens.Length && last < k + 12)
            {
                if (tokens[last + 1].Start - tokens[last].End == 1 && scan.View[tokens[last].End] is (byte)'.' or (byte)'-')
                {
                    dots += scan.View[tokens[last].End] == '.' ? 1 : 0;
                    last++;
                }
                else if (last + 2 < tokens.Length && Dot.Contains(tokens[last + 1].Hash) && Bracketed(scan.View, tokens[last].End, tokens[last + 1], tokens[last + 2].Start))
                {
                    (last, dots) = (last + 2, dots + 1);
                }
                else
                {
                    break;
                }
            }
            if (dots > 0 && Domains.IsTop(scan.View[tokens[last].Start..tokens[last].End]))
            {
                scan.Add(EntityTypes.Email, LocalStart(scan.View, tokens[k - 1].End), tokens[last].End, 0.9f, "hidden address");
            }
        }
    }

    // " at ", "[at]", " (at) ", "-at-"
    private static bool Bracketed(ReadOnlySpan<byte> view, int before, Token word, int after)
    {
        var left = view[before..word.Start];
        var right = view[word.End..after];
        return left.Length is >= 1 and <= 3 && right.Length is >= 1 and <= 3 && left.IndexOfAnyExcept(" [({<-_"u8) < 0 && right.IndexOfAnyExcept(" ])}>-_"u8) < 0;
    }
}
