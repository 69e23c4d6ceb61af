using System.Runtime.Intrinsics;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tagging;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Names of people, places and organisations, and addresses that no grammar knows, by the trained tagger; and the same people wherever their names return.</summary>
internal sealed class NameRecognizer : IRecognizer
{
    private const int ReturningMin = 4, LabelledMax = 5, ShortMax = 3, CodeMin = 12;
    private static readonly Cues.CueSet NameCue = Cues.CueLexicon.Group("name");
    // Words that begin the next sentence where somebody forgot the dot.
    private static readonly HashSet<uint> Starters = WordHash.All("mi vi sono desidero vorrei scrivo segnalo chiedo ringrazio buongiorno buonasera egregi egregio spettabile cordiali email indirizzo destinatario distinti saluti grazie con per non the and dear");

    public string Name => "names";

    public void Find(Scan scan)
    {
        var view = scan.View;
        var tokens = scan.Tokens;
        if (tokens.Length == 0)
        {
            return;
        }
        // 0 A column that is called a name holds names.
        if (scan.Label.Has(NameCue) && tokens.Length <= LabelledMax && scan.FoundCount == 0 && HasWord(tokens))
        {
            scan.Add(EntityTypes.Person, tokens[0].Start, tokens[^1].End, 0.8f, "label");
            return;
        }
        // 1 What the tagger may look at: words with capitals, or all words of a text that has none.
        var room = scan.Names;
        room.Reserve(tokens.Length);
        var candidates = Candidates(scan, room);
        if (candidates.Length == 0)
        {
            return;
        }
        // 2 Words are looked at only where a candidate is near.
        var seen = room.Seen.AsSpan(0, tokens.Length);
        var tags = room.Tags.AsSpan(0, tokens.Length);
        var next = 0;
        foreach (var k in candidates)
        {
            for (next = Math.Max(next, k - 2); next <= Math.Min(tokens.Length - 1, k + 2); next++)
            {
                seen[next] = TaggerFeatures.Look(view, tokens, next);
            }
        }
        tags.Clear();
        Tagger.Standard.Tag(seen, candidates, scan.IsSmall, room.Scores, tags);
        SureNames.Settle(tokens, seen, candidates, scan.IsSmall, tags);
        var known = room.Known.AsSpan(0, candidates.Length);
        var tables = KnownWordFilter.Look(tokens, candidates, known);
        var sure = room.Taken.AsSpan(0, tokens.Length);
        sure.Clear();
        if ((tables & KnownWords.Companies) != 0)
        {
            Companies.Settle(tokens, seen, candidates, known, tags);
        }
        if ((tables & KnownWords.Institutions) != 0)
        {
            Institutions.Settle(tokens, candidates, known, tags, sure);
        }
        Returning(scan, seen, candidates, tags, room.People);
        room.ForgetPeople();
        // 3 Runs of tags are finds.
        Spans(scan, tags, sure);
    }

    // What a rule has found is no name.
    private static ReadOnlySpan<int> Candidates(Scan scan, NameRoom room)
    {
        var tokens = scan.Tokens;
        var taken = room.Taken.AsSpan(0, tokens.Length);
        taken.Clear();
        foreach (var find in scan.Finds)
        {
            Take(tokens, find, taken);
        }
        var count = 0;
        if (scan.IsSmall)
        {
            Add(tokens, 0, tokens.Length - 1, small: true, taken, room.Candidates, ref count);
        }
        // Nothing is a candidate but capitals, and what stands right before or up to two words behind them.
        var next = 0;
        foreach (var capital in scan.IsSmall ? [] : scan.Capitals)
        {
            Add(tokens, Math.Max(next, capital - 1), Math.Min(tokens.Length - 1, capital + 2), small: false, taken, room.Candidates, ref count);
            next = capital + 3;
        }
        return room.Candidates.AsSpan(0, count);
    }

    private static void Add(ReadOnlySpan<Token> tokens, int first, int last, bool small, ReadOnlySpan<bool> taken, int[] candidates, ref int count)
    {
        for (var k = first; k <= last; k++)
        {
            if (!taken[k] && Tagger.IsCandidate(tokens, k, small))
            {
                candidates[count++] = k;
            }
        }
    }

    private static void Take(ReadOnlySpan<Token> tokens, Found find, Span<bool> taken)
    {
        var (low, high) = (0, tokens.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = tokens[middle].End <= find.Start ? (middle + 1, high) : (low, middle);
        }
        for (; low < tokens.Length && tokens[low].Start < find.End; low++)
        {
            taken[low] = true;
        }
    }

    private static void Spans(Scan scan, Span<byte> tags, ReadOnlySpan<bool> sure)
    {
        var tokens = scan.Tokens;
        for (var k = tags.IndexOfAnyExcept((byte)Tags.Outside); k >= 0 && k < tokens.Length; k++)
        {
            if (tags[k] == Tags.Outside)
            {
                continue;
            }
            var first = k;
            var kind = (tags[k] - 1) / 2;
            var block = tokens[k].Has(Kinds.LineBefore); // an address that begins a line stays in its lines
            while (k + 1 < tokens.Length && tags[k + 1] == Tags.Inside(kind) && !(block && tokens[k + 1].Has(Kinds.LineBefore)))
            {
                k++;
            }
            while (k > first && kind < 3 && (!tokens[k].Has(Kinds.Capital | Kinds.Lower) || Starters.Contains(tokens[k].Hash) || (Salutations.Greets(tokens, k) && !(kind == 0 && k == first + 1 && SureNames.IsGiven(tokens[first])))))
            {
                tags[k--] = Tags.Outside; // a number behind a name is no part of it, nor the word that begins the next sentence
            }
            if ((!block && !HasWord(tokens[first..(k + 1)])) || (first == k && !sure[first] && (IsNoName(tokens[k], kind) || (kind < 2 && Identifiers.Is(scan.View, tokens[k])) || (!tokens[k].Has(Kinds.Lower) && scan.CueOf(k) != default))))
            {
                continue;
            }
            if (kind == 3 && block && k > first && tokens[first].IsWord && tokens[k] is { IsNumber: true, Length: >= 4 } && !Streets.HasNumber(tokens[first..k]))
            {
                scan.Add(EntityTypes.Location, tokens[first].Start, tokens[k - 1].End, 0.7f, "tagger"); // Finland 80896
                first = k;
            }
            if (kind == 3 && first < k && tokens[first].IsNumber && Streets.HasNumber(tokens[(first + 1)..(k + 1)]))
            {
                scan.Add(EntityTypes.StreetAddress, tokens[first].Start, tokens[first].End, 0.7f, Overlaps.Apart); // 41086 Kiannonkatu 98
                first++;
            }
            if (kind == 3 && !block && CityBehind(tokens, first, k) is var city and > 0)
            {
                Runs.Mark(tags, city, k, 1);
                k = city - 1;
            }
            var type = kind == 3 ? Address(scan.Tokens[first..(k + 1)], block) : Tags.Kinds[kind];
            if (type is not null)
            {
                scan.Add(type, tokens[first].Start, kind == 2 ? Companies.End(scan.View, tokens, k) : tokens[k].End, 0.7f, "tagger");
            }
        }
    }

    // Maneeži 75, Saareküla: words without a number behind the only comma.
    private static int CityBehind(ReadOnlySpan<Token> tokens, int first, int last)
    {
        var city = 0;
        for (var k = first; k < last; k++)
        {
            if (tokens[k].After == ',' && city > 0)
            {
                return 0;
            }
            city = tokens[k].After == ',' ? k + 1 : city;
        }
        return city > 0 && !Streets.HasNumber(tokens[city..(last + 1)]) && Streets.HasNumber(tokens[first..city]) ? city : 0;
    }

    // The same person again, without anything around that says so.
    private static void Returning(Scan scan, ReadOnlySpan<Seen> seen, ReadOnlySpan<int> candidates, Span<byte> tags, HashSet<uint> people)
    {
        var tokens = scan.Tokens;
        var bits = 0UL;
        if (scan.Whole is { } whole)
        {
            (people, bits) = (whole.People, whole.People.Count > 0 ? ulong.MaxValue : 0);
        }
        else
        {
            people.Clear();
        }
        foreach (var k in candidates)
        {
            if (tags[k] is 1 or 2 && tokens[k].Length >= ReturningMin && tokens[k].Has(Kinds.Capital) && (seen[k].Known & Known.Common) == 0 && IsOwn(scan, tokens[k].Start))
            {
                people.Add(tokens[k].Hash);
                bits |= 1UL << (int)(tokens[k].Hash % 64);
            }
        }
        if (bits == 0)
        {
            return;
        }
        foreach (var k in scan.Capitals)
        {
            if (tags[k] == Tags.Outside && (bits >> (int)(tokens[k].Hash % 64) & 1) != 0 && people.Contains(tokens[k].Hash))
            {
                var joins = k > 0 && tags[k - 1] is 1 or 2 && k > 0 && tokens[k].Start - tokens[k - 1].End == 1;
                tags[k] = (byte)(joins ? Tags.Inside(0) : Tags.Begin(0));
                if (k + 1 < tokens.Length && tags[k + 1] == Tags.Begin(0) && tokens[k + 1].Start - tokens[k].End == 1)
                {
                    tags[k + 1] = (byte)Tags.Inside(0);
                }
            }
        }
    }

    // What stands around a piece of a long text is shown by its neighbours.
    private static bool IsOwn(Scan scan, int place) => scan.Whole is not { Own: var own } || (scan.Text.StartOf(place) is var original && original >= own.From && original < own.To);

    // An address has a number and a word; a place alone is a place.
    private static string? Address(ReadOnlySpan<Token> tokens, bool block)
    {
        var (number, word) = (false, 0);
        foreach (var token in tokens)
        {
            number |= token.Has(Kinds.Digit);
            word = token.IsWord ? Math.Max(word, token.Length) : word;
        }
        return !number ? (word >= 3 ? EntityTypes.Location : null) : word >= 4 || (block && word == 0 && tokens[0].Length is 4 or 5) ? EntityTypes.StreetAddress : null;
    }

    // One word alone that is a common word, an abbreviation that nobody knows as a name, or a long code.
    private static bool IsNoName(Token token, int kind)
    {
        if (token.Has(Kinds.Digit))
        {
            return token.Length > CodeMin;
        }
        var known = Gazetteer.Of(token.Hash);
        var name = (known & (kind == 0 ? Known.FirstName | Known.LastName : Known.City | Known.Country)) != 0;
        if (known == Known.None && token.Length <= ShortMax)
        {
            return true; // Da, Il, Mi: they begin sentences
        }
        return (known & Known.Common) != 0 ? kind != 0 || !name || !token.Has(Kinds.Capital) : !name && token.Length <= 5 && !token.Has(Kinds.Lower | Kinds.High);
    }

    private static bool HasWord(ReadOnlySpan<Token> tokens)
    {
        foreach (var token in tokens)
        {
            if (token.IsWord && token.Length > 1)
            {
                return true;
            }
        }
        return false;
    }
}
