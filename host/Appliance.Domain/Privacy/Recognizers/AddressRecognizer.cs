using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Street addresses by a grammar: the kind of street before or behind its name, a number, what lies inside the house, postal code, city and province.</summary>
internal sealed class AddressRecognizer : IRecognizer
{
    private const int NameMax = 6, SmallNameMax = 4, ZipLength = 5;
    private static readonly HashSet<uint> Again = WordHash.All("bis ter quater");
    private static readonly uint Corner = WordHash.Of("corner"), Of = WordHash.Of("of"), And = WordHash.Of("and"), The = WordHash.Of("the");
    private static readonly HashSet<uint> Boxes = WordHash.All("box apo fpo dpo");
    private static readonly HashSet<uint> Spanish = WordHash.All("c calle av avda avenida plaza paseo ronda camino carrer carretera travesía travesia rambla pza urbanización glorieta");

    private static readonly bool[] EndsSo = EndingFilter();

    public string Name => "address";

    public Waiting Waits => Waiting.Addresses;

    public IEnumerable<uint> Awaits => Streets.Before.Concat(Streets.After).Concat(Streets.Short).Concat(Boxes).Append(Corner);

    public void Find(Scan scan)
    {
        var tokens = scan.Tokens;
        var capitals = scan.Capitals;
        var awaited = scan.Awaited;
        for (var (c, a, done) = (0, 0, -1); c < capitals.Length || a < awaited.Length;)
        {
            // Words that may say what kind of street it is, and those with a capital whose ending may; in the order of the text.
            var isWord = a < awaited.Length && (c == capitals.Length || awaited[a] <= capitals[c]);
            var k = isWord ? awaited[a++] : capitals[c++];
            if (k <= done || tokens[k].Length > 24 || !(isWord ? scan.IsFor(k, Waits) : MayEnd(scan.View, tokens[k])))
            {
                continue;
            }
            var slash = tokens[k] is { Length: 1 } one && one.Has(Kinds.Capital) && scan.View[one.Start] == 'C' && Bytes.At(scan.View, one.End) == '/'; // C/ Mayor, 3
            var (first, last, numbered) = slash ? KindBefore(scan, k)
                : IsShortened(scan, k) ? KindBefore(scan, k) is var cut && cut.Last >= 0 ? (k - 1, cut.Last, cut.Numbered) : cut
                : Streets.Before.Contains(tokens[k].Hash) ? KindBefore(scan, k)
                : tokens[k].Has(Kinds.Capital) && Streets.After.Contains(tokens[k].Hash) ? KindAfter(scan, k)
                : tokens[k].Has(Kinds.Capital) && tokens[k].Length >= 6 ? Ending(scan, k)
                : Boxes.Contains(tokens[k].Hash) ? Box(scan, k)
                : tokens[k].Hash == Corner ? AtCorner(scan, k)
                : (k, -1, false);
            if (last < 0)
            {
                continue;
            }
            // 41086 Kiannonkatu 98: the number in front is the building or the box, a part by itself.
            var lead = first > 0 && tokens[first - 1] is { IsNumber: true, Length: <= 5 } && tokens[first].Start - tokens[first - 1].End == 1 && tokens[first - 1].After == ' ' ? first - 1 : first;
            last = Spanish.Contains(tokens[k].Hash) ? last : AddressTail.End(scan, last, numbered, tokens[lead].Has(Kinds.LineBefore));
            if (lead == first && tokens[first].IsNumber && first < last && tokens[first].Has(Kinds.LineBefore) && Streets.HasNumber(tokens[(first + 1)..(last + 1)]))
            {
                first++;
            }
            if (lead < first)
            {
                scan.Add(EntityTypes.StreetAddress, tokens[lead].Start, tokens[lead].End, 0.7f, Overlaps.Apart);
            }
            scan.Add(EntityTypes.StreetAddress, tokens[first].Start, tokens[last].End + (Bytes.At(scan.View, tokens[last].End) == ')' && Bytes.At(scan.View, tokens[last].Start - 1) == '(' ? 1 : 0), numbered ? 0.9f : 0.65f, Spanish.Contains(tokens[k].Hash) ? "street es" : numbered ? "street+number" : "street");
            done = last;
        }
    }

    // P.zza, v.le: the part behind the dot
    private static bool IsShortened(Scan scan, int k) => k > 0 && Streets.Short.Contains(scan.Tokens[k].Hash) && scan.Tokens[k - 1] is { Length: 1 } letter
        && (letter.Has(Kinds.Upper) ? Streets.Gap(scan, k) : letter.After == '.' && scan.Tokens[k].Start == letter.End + 1);

    // One look that most words do not pass: the last two letters of an ending, or the C of C/.
    private static bool MayEnd(ReadOnlySpan<byte> view, Token token) =>
        token.Length >= 6 ? EndsSo[Two(view[..token.End])] : token is { Length: 1, After: (byte)'/' };

    private static int Two(ReadOnlySpan<byte> word) => ((word[^1] * 31) + word[^2]) & 0x3FF;

    private static bool[] EndingFilter()
    {
        var filter = new bool[0x400];
        foreach (var ending in Streets.Endings)
        {
            filter[Two(ending)] = true;
        }
        return filter;
    }

    // Via Giuseppe Verdi 34; Calle de Alcalá, 5; 12 rue de la Paix
    private static (int First, int Last, bool Numbered) KindBefore(Scan scan, int kind)
    {
        var tokens = scan.Tokens;
        var (at, named) = (kind + 1, 0);
        var spanish = Spanish.Contains(tokens[kind].Hash) && tokens[kind].Has(Kinds.Capital);
        while (at < tokens.Length && at - kind <= NameMax && Streets.Gap(scan, at) && !tokens[at].Has(Kinds.LineBefore) && (tokens[at].Has(Kinds.Capital) || Streets.Inside.Contains(tokens[at].Hash) || Roman(scan, at, kind) || (spanish && tokens[at].IsWord)))
        {
            var names = (tokens[at].Has(Kinds.Capital) && !(named > 0 && BeginsSentence(tokens, at))) || Roman(scan, at, kind) || spanish;
            named = names ? at : named;
            at++;
        }
        named = named == 0 && scan.IsSmall ? Small(scan, kind) : named;
        if (named == 0)
        {
            return (kind, -1, false);
        }
        var number = Number(scan, named + 1);
        number = number >= 0 && tokens[number].Length <= 3 && Number(scan, number + 1) is var behind and > 0 && tokens[behind].Length <= 4 && scan.View[tokens[number].End] == ',' ? behind : number; // Strada Statale 16, 65
        var lead = Lead(scan, kind);
        number = lead >= 0 && number >= 0 && tokens[number] is { IsNumber: true, Length: ZipLength } ? -1 : number; // 3 place de la Mairie, 31000 Toulouse
        var front = lead >= 0 && number < 0;
        number = number < 0 && spanish && named + 2 < tokens.Length && tokens[named + 1].Length == 1 && Bytes.StandsAt(scan.View, tokens[named + 1].Start, "s/n"u8) ? named + 2 : number;
        number = spanish && number >= 0 ? Floor(scan, number) : number;
        if (number < 0 && !front && (!tokens[kind].Has(Kinds.Capital) || spanish))
        {
            return (kind, -1, false);
        }
        return (front ? lead : kind, number < 0 ? named : number, front || number >= 0);
    }

    // The number in front: 12 rue, 12 bis avenue; -1 for none.
    private static int Lead(Scan scan, int kind)
    {
        var tokens = scan.Tokens;
        var at = kind > 1 && tokens[kind - 1].Length <= 6 && Again.Contains(tokens[kind - 1].Hash) && Streets.Gap(scan, kind) ? kind - 1 : kind;
        return at > 0 && tokens[at - 1] is { IsNumber: true, Length: <= 4 } && Streets.Gap(scan, at) ? at - 1 : -1;
    }

    // via oberdan 15, where nobody wrote capitals: words that are no everyday ones, then a number. The last word, 0 for none.
    private static int Small(Scan scan, int kind)
    {
        var tokens = scan.Tokens;
        var at = kind + 1;
        var own = false;
        for (; at < tokens.Length && at <= kind + SmallNameMax && tokens[at].IsWord && Streets.Gap(scan, at) && !tokens[at].Has(Kinds.LineBefore); at++)
        {
            var inside = Streets.Inside.Contains(tokens[at].Hash);
            if (!inside && (Gazetteer.Of(tokens[at].Hash) & Known.Common) != 0 && (Gazetteer.Of(tokens[at].Hash) & (Known.FirstName | Known.LastName | Known.City)) == 0)
            {
                return 0;
            }
            own |= !inside;
        }
        return own && Number(scan, at) >= 0 ? at - 1 : 0;
    }

    // 23, 4 C; 5, 3.o izq
    private static int Floor(Scan scan, int last)
    {
        var tokens = scan.Tokens;
        for (var at = last + 1; at < tokens.Length && at <= last + 3 && Streets.Near(scan, at) && !tokens[at].Has(Kinds.LineBefore) && (tokens[at].Length == 1 || (tokens[at].Length <= 3 && tokens[at].Has(Kinds.Digit))); at++)
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
        while (at >= 0 && kind - at <= 5 && Streets.Gap(scan, at + 1) && (tokens[at].Has(Kinds.Capital) || (tokens[at].Length == 1 && Bytes.At(scan.View, tokens[at].Start - 1) == '\'')))
        {
            at--;
        }
        var numbered = at >= 0 && at < kind - 1 && tokens[at].Has(Kinds.Digit) && tokens[at].Length <= 6 && Streets.Gap(scan, at + 1) && Bytes.IsDigit(scan.View[tokens[at].Start]);
        at = numbered && at > 0 && tokens[at - 1] is { IsNumber: true, Length: <= 5 } && tokens[at].Start - tokens[at - 1].End == 1 && scan.View[tokens[at].Start - 1] == ' ' ? at - 1 : at; // 935 69 Gordon Terrace
        at = numbered && at > 1 && tokens[at - 1] is { IsNumber: true, Length: <= 4 } && Streets.Unit.Contains(tokens[at - 2].Hash) && Streets.Near(scan, at) && Streets.Gap(scan, at - 1) ? at - 2 : at; // Flat 3, 27 Queen's Road
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
            first = first > 0 && tokens[first - 1] is { IsNumber: true, Length: <= 5 } && Streets.Near(scan, first) ? first - 1 : first;
            first = first > 0 && first < at + 1 && view.Is(first - 1, "psc"u8) ? first - 1 : first;
            return (first, at + 1, true);
        }
        var military = view.Is(at, "apo"u8) || view.Is(at, "fpo"u8) || view.Is(at, "dpo"u8);
        if (!military || at + 2 >= tokens.Length || tokens[at + 1].Length != 2 || tokens[at + 2] is not { IsNumber: true, Length: 5 })
        {
            return (at, -1, false);
        }
        var from = at;
        while (from > 0 && at - from < 5 && Streets.Near(scan, from) && (tokens[from - 1].Has(Kinds.Digit) || (tokens[from - 1].Has(Kinds.Capital) && !view.IsWord(from - 1))))
        {
            from--;
        }
        return (from, at + 2, true);
    }

    // the corner of Main Street 5 and Elm Road
    private static (int First, int Last, bool Numbered) AtCorner(Scan scan, int corner)
    {
        var tokens = scan.Tokens;
        var (at, and) = (corner + 2, -1);
        if (at >= tokens.Length || tokens[corner + 1].Hash != Of)
        {
            return (corner, -1, false);
        }
        for (; at < tokens.Length && at < corner + 2 + (2 * NameMax) && (and < 0 || at <= and + 3) && Streets.Near(scan, at) && !tokens[at].Has(Kinds.LineBefore); at++)
        {
            and = and < 0 && tokens[at].Hash == And ? at : and;
            if (at != and && !tokens[at].Has(Kinds.Capital | Kinds.Digit) && !Streets.Inside.Contains(tokens[at].Hash) && !Streets.After.Contains(tokens[at].Hash))
            {
                break;
            }
        }
        var first = corner > 0 && tokens[corner - 1].Hash == The ? corner - 1 : corner;
        return and > 0 && at > and + 1 && tokens[at - 1].Has(Kinds.Capital) ? (first, at - 1, true) : (corner, -1, false);
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
        foreach (var ending in Streets.Endings)
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
        while (at < tokens.Length && Streets.Near(scan, at) && Streets.Unit.Contains(tokens[at].Hash) && tokens[at].IsWord)
        {
            at++;
        }
        if (at >= tokens.Length || !Streets.Near(scan, at) || !Bytes.IsDigit(scan.View[tokens[at].Start]) || tokens[at].Length > 5)
        {
            return -1;
        }
        while (at + 1 < tokens.Length && ((tokens[at + 1].Length <= 2 && tokens[at + 1].Start - tokens[at].End == 1 && scan.View[tokens[at].End] is (byte)'/' or (byte)'-') || (tokens[at + 1].Length == 3 && Streets.Near(scan, at + 1) && (Bytes.StandsAt(scan.View, tokens[at + 1].Start, "bis"u8) || Bytes.StandsAt(scan.View, tokens[at + 1].Start, "ter"u8)))
            || (tokens[at + 1] is { Length: 1 } one && one.Has(Kinds.Upper) && one.Start - tokens[at].End == 1)))
        {
            at++;
        }
        return at;
    }

    // Via Toledo Mi chiamo: somebody forgot the dot.
    private static bool BeginsSentence(ReadOnlySpan<Token> tokens, int at) => tokens[at].Length <= 2 && tokens[at].Has(Kinds.Lower) && at + 1 < tokens.Length && !tokens[at + 1].Has(Kinds.Capital | Kinds.Digit);

    // XX Settembre, 4 Novembre; but not Roma 12 Milano
    private static bool Roman(Scan scan, int at, int kind) => scan.Tokens[at] is { Length: <= 5 } t
        && ((t is { IsNumber: true, Length: <= 2 } && (at == kind + 1 || !scan.Tokens[at - 1].Has(Kinds.Capital)) && at + 1 < scan.TokenCount && scan.Tokens[at + 1].Has(Kinds.Capital) && t.After == ' ' && scan.Tokens[at + 1].Start == t.End + 1)
            || (t.Has(Kinds.Upper) && scan.View[t.Start..t.End].IndexOfAnyExcept("IVXL"u8) < 0));
}
