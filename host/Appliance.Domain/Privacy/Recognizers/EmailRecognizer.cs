using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>E-mail addresses; also as people hide them from machines: <c>mario [at] example [dot] it</c>.</summary>
internal sealed class EmailRecognizer : IRecognizer
{
    private const int LocalMax = 64, DomainMax = 253, DomainWordsMax = 12, LocalWordsMax = 4;
    private static readonly HashSet<uint> At = WordHash.All("at ät chiocciola arroba klammeraffe arobase");

    public string Name => "email";

    public Waiting Waits => Waiting.Emails;

    public IEnumerable<uint> Awaits => At;

    public void Find(Scan scan)
    {
        var view = scan.View;
        var token = 0;
        for (var at = view.IndexOf((byte)'@'); at >= 0; at = Bytes.Next(view, at + 1, "@"u8))
        {
            var bracketed = Bytes.At(view, at + 1) == ']' && Bytes.At(view, at - 1) == '[';
            var domain = at + (Bytes.At(view, at + 1) == ' ' || bracketed ? 2 : 1);
            var end = DomainEnd(view, domain);
            if (end < 0 && Bytes.IsWord(Bytes.At(view, domain)))
            {
                token = FirstFrom(scan.Tokens, token, domain);
                end = HiddenDomainEnd(scan, token);
            }
            if (end > 0 && !bracketed && Bytes.At(view, at - 1) == ' ' && Bytes.At(view, at + 1) != ' ' && !Domains.IsTop(LastLabel(view[domain..end])))
            {
                end = -1; // my insta is @jess.fit92
            }
            var start = end < 0 ? -1 : LocalStart(view, at - (bracketed || (at > 1 && view[at - 1] == ' ' && Bytes.IsWord(view[at - 2])) ? 1 : 0));
            if (start >= 0)
            {
                start = Bytes.At(view, at - 1) == ' ' ? SpacedLocalStart(view, start) : start;
                scan.Add(EntityTypes.Email, start, end, 0.99f, "address");
            }
            else if (SpelledEmail.Around(view, at) is { Length: > 0 } spelled)
            {
                scan.Add(EntityTypes.Email, spelled.Start, spelled.Start + spelled.Length, 0.9f, "spelled address");
            }
        }
        Hidden(scan);
        Written(scan, "(a)"u8);
        Written(scan, "=40"u8); // quoted-printable
    }

    // mario.rossi(a)example.it: signs that stand for @ and touch a name and a known domain.
    private static void Written(Scan scan, ReadOnlySpan<byte> sign)
    {
        var view = scan.View;
        for (var at = view.IndexOf(sign); at >= 0; at = Bytes.Next(view, at + sign.Length, sign))
        {
            var end = Bytes.IsWord(Bytes.At(view, at - 1)) ? DomainEnd(view, at + sign.Length) : -1;
            if (end > 0 && Domains.IsTop(LastLabel(view[(at + sign.Length)..end])) && LocalStart(view, at) is var start and >= 0)
            {
                scan.Add(EntityTypes.Email, start, end, 0.85f, "hidden address");
            }
        }
    }

    // mario . rossi @ example . it
    private static int SpacedLocalStart(ReadOnlySpan<byte> view, int start)
    {
        for (var words = 0; words < LocalWordsMax && start > 3 && view[(start - 3)..start] is [(byte)' ', (byte)'.', (byte)' ']; words++)
        {
            var before = LocalStart(view, start - 3);
            if (before < 0)
            {
                break;
            }
            start = before;
        }
        return start;
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

    private static ReadOnlySpan<byte> LastLabel(ReadOnlySpan<byte> domain) => domain[(domain.LastIndexOf((byte)'.') + 1)..];

    private static bool IsTop(ReadOnlySpan<byte> label) => label.Length >= 2 && !Bytes.IsDigit(label[0]);

    private static void Hidden(Scan scan)
    {
        var tokens = scan.Tokens;
        foreach (var k in scan.Awaited)
        {
            if (scan.IsFor(k, Waiting.Emails) && k > 0 && k + 2 < tokens.Length && At.Contains(tokens[k].Hash) && HiddenDots.Bracketed(scan.View, tokens[k - 1].End, tokens[k], tokens[k + 1].Start)
                && HiddenDomainEnd(scan, k + 1) is var end and > 0)
            {
                scan.Add(EntityTypes.Email, HiddenLocalStart(scan, k - 1), end, 0.9f, "hidden address");
            }
        }
    }

    // Where a domain ends that begins at a token, its dots as signs, in brackets or as words; -1 for none with a known last label.
    private static int HiddenDomainEnd(Scan scan, int first)
    {
        var tokens = scan.Tokens;
        var (last, dots) = (first, 0);
        while (last + 1 < tokens.Length && last < first + DomainWordsMax)
        {
            var between = scan.View[tokens[last].End..tokens[last + 1].Start];
            if (between is [(byte)'.'] or [(byte)'-'])
            {
                dots += between[0] == '-' ? 0 : 1;
                last++;
            }
            else if (HiddenDots.Behind(scan, last) is var behind and > 0)
            {
                (last, dots) = (behind, dots + 1);
            }
            else
            {
                break;
            }
        }
        return dots > 0 && Domains.IsTop(scan.View[tokens[last].Start..tokens[last].End]) ? tokens[last].End : -1;
    }

    // Where a local part begins that ends with a token: mario dot rossi
    private static int HiddenLocalStart(Scan scan, int last)
    {
        var tokens = scan.Tokens;
        var start = LocalStart(scan.View, tokens[last].End);
        for (var words = 0; words < LocalWordsMax && last >= 0; words++)
        {
            while (last > 0 && tokens[last].Start > start)
            {
                last--;
            }
            if (last < 2 || tokens[last].Start != start || !HiddenDots.IsWord(scan, last - 1))
            {
                break;
            }
            last -= 2;
            start = LocalStart(scan.View, tokens[last].End);
        }
        return start;
    }

    private static int FirstFrom(ReadOnlySpan<Token> tokens, int token, int place)
    {
        while (token < tokens.Length - 1 && tokens[token].Start < place)
        {
            token++;
        }
        return token;
    }
}
