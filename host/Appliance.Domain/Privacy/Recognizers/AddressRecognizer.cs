using System.Text;
using Appliance.Domain.Privacy.Cues;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Street addresses by a grammar: the kind of street before or behind its name, a number, what lies inside the house, postal code, city and province.</summary>
internal sealed class AddressRecognizer : IRecognizer
{
    private const int NameMax = 6, TailMax = 8;
    private static readonly Dictionary<string, HashSet<uint>> Words = Table.Lines("streets.tsv").Select(l => l.Split('\t'))
        .ToDictionary(f => f[0], f => f[1].Split(' ').Select(w => Tokenizer.Hash(Encoding.UTF8.GetBytes(w))).ToHashSet());

    private static readonly HashSet<uint> Before = Words["before"], After = Words["after"], Inside = Words["inside"], Unit = Words["unit"], Short = Words["short"];
    private static readonly HashSet<uint> Spanish = Tokenizer.Hashes("c calle av avda avenida plaza paseo ronda camino carrer carretera travesía travesia rambla pza urbanización glorieta");
    private static readonly bool[] MayBe = Filter();
    private static readonly byte[][] Endings = [.. Table.Lines("streets.tsv").First(l => l.StartsWith("ending", StringComparison.Ordinal)).Split('\t')[1].Split(' ').Select(Encoding.UTF8.GetBytes)];

    public string Name => "address";

    public void Find(Scan scan)
    {
        var tokens = scan.Tokens;
        for (var k = 0; k < tokens.Length; k++)
        {
            if (tokens[k].Length > 24 || !(tokens[k].Has(Kinds.Capital) || MayBe[tokens[k].Hash >> 16]))
            {
                continue;
            }
            var slash = tokens[k] is { Length: 1 } one && one.Has(Kinds.Capital) && scan.View[one.Start] == 'C' && Bytes.At(scan.View, one.End) == '/'; // C/ Mayor, 3
            var (first, last, numbered) = slash ? KindBefore(scan, k) : Short.Contains(tokens[k].Hash) && k > 0 && tokens[k - 1] is { Length: 1 } letter && letter.Has(Kinds.Upper) && Gap(scan, k) ? KindBefore(scan, k) is var cut && cut.Last >= 0 ? (k - 1, cut.Last, cut.Numbered) : cut
                : Before.Contains(tokens[k].Hash) ? KindBefore(scan, k)
                : tokens[k].Has(Kinds.Capital) && After.Contains(tokens[k].Hash) ? KindAfter(scan, k)
                : tokens[k].Has(Kinds.Capital) && tokens[k].Length >= 6 ? Ending(scan, k)
                : tokens[k].Length == 3 ? Box(scan, k)
                : (k, -1, false);
            if (last < 0)
            {
                continue;
            }
            last = Spanish.Contains(tokens[k].Hash) ? last : Tail(scan, last, numbered, tokens[first].Has(Kinds.LineBefore));
            scan.Add(EntityTypes.StreetAddress, tokens[first].Start, tokens[last].End + (Bytes.At(scan.View, tokens[last].End) == ')' && Bytes.At(scan.View, tokens[last].Start - 1) == '(' ? 1 : 0), numbered ? 0.9f : 0.65f, Spanish.Contains(tokens[k].Hash) ? "street es" : numbered ? "street+number" : "street");
            k = last;
        }
    }

    // One look that most words do not pass.
    private static bool[] Filter()
    {
        var filter = new bool[1 << 16];
        foreach (var hash in Before.Concat(Short))
        {
            filter[hash >> 16] = true;
        }
        return filter;
    }

    // Via Giuseppe Verdi 34; Calle de Alcalá, 5; 12 rue de la Paix
    private static (int First, int Last, bool Numbered) KindBefore(Scan scan, int kind)
    {
        var tokens = scan.Tokens;
        var (at, named) = (kind + 1, 0);
        var spanish = Spanish.Contains(tokens[kind].Hash) && tokens[kind].Has(Kinds.Capital);
        while (at < tokens.Length && at - kind <= NameMax && Gap(scan, at) && !tokens[at].Has(Kinds.LineBefore) && (tokens[at].Has(Kinds.Capital) || Inside.Contains(tokens[at].Hash) || Roman(scan, at) || (spanish && tokens[at].IsWord)))
        {
            named = tokens[at].Has(Kinds.Capital) || Roman(scan, at) || spanish ? at : named;
            at++;
        }
        if (named == 0)
        {
            return (kind, -1, false);
        }
        var number = Number(scan, named + 1);
        number = number >= 0 && tokens[number].Length <= 3 && Number(scan, number + 1) is var behind and > 0 && tokens[behind].Length <= 4 && scan.View[tokens[number].End] == ',' ? behind : number; // Strada Statale 16, 65
        var front = kind > 0 && tokens[kind - 1] is { IsNumber: true, Length: <= 4 } && Gap(scan, kind) && number < 0;
        number = number < 0 && spanish && named + 2 < tokens.Length && tokens[named + 1].Length == 1 && Bytes.StandsAt(scan.View, tokens[named + 1].Start, "s/n"u8) ? named + 2 : number;
        number = spanish && number >= 0 ? Floor(scan, number) : number;
        if (number < 0 && !front && (!tokens[kind].Has(Kinds.Capital) || spanish))
        {
            return (kind, -1, false);
        }
        return (front ? kind - 1 : kind, number < 0 ? named : number, front || number >= 0);
    }

    // 23, 4 C; 5, 3.o izq
    private static int Floor(Scan scan, int last)
    {
        var tokens = scan.Tokens;
        for (var at = last + 1; at < tokens.Length && at <= last + 3 && Near(scan, at) && !tokens[at].Has(Kinds.LineBefore) && (tokens[at].Length == 1 || (tokens[at].Length <= 3 && tokens[at].Has(Kinds.Digit))); at++)
        {
            last = at;
        }
        return last;
    }

    // 34 Baker Street; never without a number in front
    private static (int First, int Last, bool Numbered) KindAfter(Scan scan, int kind)
    {
        var tokens = scan.Tokens;
        var at = kind - 1;
        while (at >= 0 && kind - at <= 5 && Gap(scan, at + 1) && tokens[at].Has(Kinds.Capital))
        {
            at--;
        }
        var numbered = at >= 0 && at < kind - 1 && tokens[at].Has(Kinds.Digit) && tokens[at].Length <= 6 && Gap(scan, at + 1) && Bytes.IsDigit(scan.View[tokens[at].Start]);
        at = numbered && at > 0 && tokens[at - 1] is { IsNumber: true, Length: <= 5 } && tokens[at].Start - tokens[at - 1].End == 1 && scan.View[tokens[at].Start - 1] == ' ' ? at - 1 : at; // 935 69 Gordon Terrace
        return numbered ? (at, kind, true) : (kind, -1, false);
    }

    // P.O. Box 104; PSC 4095, Box 8316, APO AE 85103
    private static (int First, int Last, bool Numbered) Box(Scan scan, int at)
    {
        var view = new Place(scan);
        var tokens = scan.Tokens;
        if (view.Is(at, "box"u8) && at + 1 < tokens.Length && tokens[at + 1].IsNumber && tokens[at].Has(Kinds.Capital))
        {
            var first = view.Is(at - 1, "o"u8) && view.Is(at - 2, "p"u8) ? at - 2 : view.Is(at - 1, "po"u8) ? at - 1 : at;
            first = first > 0 && tokens[first - 1] is { IsNumber: true, Length: <= 5 } && Near(scan, first) ? first - 1 : first;
            first = first > 0 && first < at + 1 && view.Is(first - 1, "psc"u8) ? first - 1 : first;
            return (first, at + 1, true);
        }
        var military = view.Is(at, "apo"u8) || view.Is(at, "fpo"u8) || view.Is(at, "dpo"u8);
        if (!military || at + 2 >= tokens.Length || tokens[at + 1].Length != 2 || tokens[at + 2] is not { IsNumber: true, Length: 5 })
        {
            return (at, -1, false);
        }
        var from = at;
        while (from > 0 && at - from < 5 && Near(scan, from) && (tokens[from - 1].Has(Kinds.Digit) || (tokens[from - 1].Has(Kinds.Capital) && !view.IsWord(from - 1))))
        {
            from--;
        }
        return (from, at + 2, true);
    }

    private readonly ref struct Place(Scan scan)
    {
        internal bool Is(int token, ReadOnlySpan<byte> word) =>
            token >= 0 && scan.Tokens[token].Length == word.Length && Bytes.StandsAt(scan.View, scan.Tokens[token].Start, word);

        internal bool IsWord(int token) => (Gazetteer.Of(scan.Tokens[token].Hash) & Known.Common) != 0;
    }

    // Hauptstraße 5
    private static (int First, int Last, bool Numbered) Ending(Scan scan, int token)
    {
        var word = scan.View[scan.Tokens[token].Start..scan.Tokens[token].End];
        foreach (var ending in Endings)
        {
            if (word.Length > ending.Length + 2 && word.EndsWith(ending))
            {
                var number = Number(scan, token + 1);
                return number < 0 ? (token, -1, false) : (token, number, true);
            }
        }
        return (token, -1, false);
    }

    // ", n. 5/B", "28 bis": the last token of it; -1 where there is none
    private static int Number(Scan scan, int at)
    {
        var tokens = scan.Tokens;
        while (at < tokens.Length && Near(scan, at) && Unit.Contains(tokens[at].Hash) && tokens[at].IsWord)
        {
            at++;
        }
        if (at >= tokens.Length || !Near(scan, at) || !Bytes.IsDigit(scan.View[tokens[at].Start]) || tokens[at].Length > 5)
        {
            return -1;
        }
        while (at + 1 < tokens.Length && ((tokens[at + 1].Length <= 2 && tokens[at + 1].Start - tokens[at].End == 1 && scan.View[tokens[at].End] is (byte)'/' or (byte)'-') || (tokens[at + 1].Length == 3 && Near(scan, at + 1) && (Bytes.StandsAt(scan.View, tokens[at + 1].Start, "bis"u8) || Bytes.StandsAt(scan.View, tokens[at + 1].Start, "ter"u8)))
            || (tokens[at + 1] is { Length: 1 } one && one.Has(Kinds.Upper) && one.Start - tokens[at].End == 1)))
        {
            at++;
        }
        return at;
    }

    // An address that begins a line stays in its lines, so that what is redacted keeps them.
    // What comes behind the number: int. 3, 20121 Milano (MI), Apt. 4, Springfield, IL 62704
    private static int Tail(Scan scan, int last, bool numbered, bool block)
    {
        var tokens = scan.Tokens;
        var view = scan.View;
        var end = last;
        for (var at = last + 1; at < tokens.Length && at <= last + TailMax && Near(scan, at) && !(block && tokens[at].Has(Kinds.LineBefore)); at++)
        {
            var token = tokens[at];
            if (Unit.Contains(token.Hash) && at + 1 < tokens.Length && Near(scan, at + 1) && (tokens[at + 1].Has(Kinds.Digit) || tokens[at + 1].Length == 1))
            {
                end = ++at;
            }
            else if (token is { IsNumber: true, Length: 5 or 4 } or { IsNumber: true, Length: 3 } && (token.Length == 5 || numbered) && at + 1 < tokens.Length && tokens[at + 1].Has(Kinds.Capital) && Gap(scan, at + 1))
            {
                end = City(scan, at + 1);
                at = end;
            }
            else if (token is { IsNumber: true, Length: 5 })
            {
                end = at;
            }
            else if (numbered && token.Has(Kinds.Capital) && Gazetteer.IsCity(token.Hash) && !token.Has(Kinds.Digit))
            {
                end = City(scan, at);
                at = end;
            }
            else if (numbered && token.Length == 2 && !token.Has(Kinds.Lower) && end == at - 1 && at > last + 1)
            {
                end = at;
            }
            else
            {
                break;
            }
        }
        return end;
    }

    // Reggio nell'Emilia (RE)
    private static int City(Scan scan, int at)
    {
        var tokens = scan.Tokens;
        var end = at;
        for (var k = at + 1; k < tokens.Length && k < at + 5 && Gap(scan, k) && !tokens[k].Has(Kinds.LineBefore); k++)
        {
            if (tokens[k].Has(Kinds.Capital) && !Unit.Contains(tokens[k].Hash) && Bytes.At(scan.View, tokens[k].Start - 1) is (byte)' ' or (byte)'\'' or (byte)'-')
            {
                end = k;
            }
            else if (!Inside.Contains(tokens[k].Hash))
            {
                break;
            }
        }
        var next = end + 1;
        return next < tokens.Length && tokens[next].Length == 2 && !tokens[next].Has(Kinds.Lower | Kinds.Digit) && tokens[next].Start - tokens[end].End <= 2 && Bytes.At(scan.View, tokens[next].Start - 1) is (byte)'(' or (byte)' ' ? next : end;
    }

    // One blank, a dot, an apostrophe: the same phrase.
    private static bool Gap(Scan scan, int at)
    {
        var between = scan.View[scan.Tokens[at - 1].End..scan.Tokens[at].Start];
        return between.Length is 1 or 2 && (between[0] is (byte)' ' or (byte)'\'' or (byte)'-' or (byte)'/' || (between[0] == '.' && scan.Tokens[at - 1].Length <= 5)) && (between.Length == 1 || between[1] is (byte)' ');
    }

    // A comma, a dash, a line break too: the next part.
    private static bool Near(Scan scan, int at)
    {
        var between = scan.View[scan.Tokens[at - 1].End..scan.Tokens[at].Start];
        return between.Length <= 4 && between.IndexOfAnyExcept(" ,.-'\n\r(/#"u8) < 0;
    }

    // XX Settembre, 4 Novembre
    private static bool Roman(Scan scan, int at) => scan.Tokens[at] is { Length: <= 5 } t
        && ((t is { IsNumber: true, Length: <= 2 } && at + 1 < scan.TokenCount && scan.Tokens[at + 1].Has(Kinds.Capital) && t.After == ' ' && scan.Tokens[at + 1].Start == t.End + 1) || (t.Has(Kinds.Upper) && scan.View[t.Start..t.End].IndexOfAnyExcept("IVXL"u8) < 0));
}
