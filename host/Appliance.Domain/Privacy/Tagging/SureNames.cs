using Appliance.Domain.Privacy.Cues;
using Appliance.Domain.Privacy.Recognizers;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Tagging;

/// <summary>Sets right what the tagger takes for another kind, or passes over, where the tables leave no doubt: a first name that is no place is nobody's town.</summary>
internal static class SureNames
{
    // Words in front of a town.
    private static readonly HashSet<uint> Placing = WordHash.All("a ad in da presso verso near at from to en à nach aus bei");
    private static readonly HashSet<uint> Particles = WordHash.All("d da dal dall dalla de degli dei del della delle den der des di do dos du el la le li lo van vom von zu zum al bin ben ibn abu st y e");
    private static readonly uint Saint = WordHash.Of("s");
    private const int FamilyMin = 4;
    private const Known Place = Known.City | Known.Country;

    /// <param name="candidates">Words by their place, in order.</param>
    /// <param name="small">Whether nobody wrote capitals in this text.</param>
    /// <param name="tags">Changed in place.</param>
    internal static void Settle(ReadOnlySpan<Token> tokens, ReadOnlySpan<Seen> seen, ReadOnlySpan<int> candidates, bool small, Span<byte> tags)
    {
        foreach (var k in candidates)
        {
            if (tags[k] == Tags.Outside)
            {
                Add(tokens, seen, k, tags);
            }
            else if (tags[k] % 2 == 1 && tags[k] != Tags.Begin(3))
            {
                var kind = (tags[k] - 1) / 2;
                var last = k;
                while (last + 1 < tokens.Length && tags[last + 1] == Tags.Inside(kind))
                {
                    last++;
                }
                if (last == k && (IsHeading(tokens[k], seen[k].Known, kind) || (kind == 1 && DateRecognizer.IsMonth(tokens[k]))))
                {
                    tags[k] = Tags.Outside;
                    continue;
                }
                if (last == k && kind == 1 && IsSigned(tokens, k, seen[k].Known))
                {
                    Runs.Mark(tags, k - 1, k, 0);
                    continue;
                }
                var right = Right(tokens, seen[k..(last + 1)], k, kind);
                if (right != kind)
                {
                    Runs.Mark(tags, k, last, right);
                }
                if (right == 0 && IsGiven(tokens[k]))
                {
                    last = WithFamily(tokens, tags, k, last);
                }
                if (right == 0 && Salutations.Trim(tokens, small ? k : Lead(tokens, k, last, tags), last, small, tags) is var (from, to) && from == to && IsGiven(tokens[from]) && IsFamily(tokens, tags, to + 1))
                {
                    tags[to + 1] = (byte)Tags.Inside(0);
                }
            }
        }
    }

    // Terapia: ..., Server: ...; a word with a colon behind it that no list of places or people has.
    private static bool IsHeading(Token token, Known known, int kind) => kind == 1 ? token.After is (byte)':' or (byte)'=' && !Is(known, Place)
        : kind == 0 && token.After == ':' && Is(known, Known.Common) && !Is(known, Known.FirstName | Known.LastName);

    // Takes in the family's name before a given one, or behind it where it stands alone. The last word.
    private static int WithFamily(ReadOnlySpan<Token> tokens, Span<byte> tags, int given, int last)
    {
        if (given > 0 && tags[given - 1] == Tags.Outside && IsFamilyBefore(tokens[given - 1], tokens[given]))
        {
            (tags[given - 1], tags[given]) = ((byte)Tags.Begin(0), (byte)Tags.Inside(0));
        }
        if (last == given && IsUnknownFamily(tokens, tags, given + 1))
        {
            tags[++last] = (byte)Tags.Inside(0);
        }
        return last;
    }

    // Ferrante Luigi; BAKER, THOMAS; rossi_mario as names of files have it
    private static bool IsFamilyBefore(Token family, Token given)
    {
        var known = Gazetteer.Of(family.Hash);
        return Is(known, Known.LastName) && (family.After, given.Start - family.End) switch
        {
            ((byte)' ', 1) => family.Has(Kinds.Capital) && !Is(known, Known.Common | Known.FirstName | Place),
            ((byte)',', 2) => family.Has(Kinds.Upper) && !family.Has(Kinds.Lower),
            ((byte)'_', 1) => true,
            _ => false,
        };
    }

    // soy Pablo: a small word before the given name is no part of it. The first word that is left.
    private static int Lead(ReadOnlySpan<Token> tokens, int first, int last, Span<byte> tags)
    {
        if (first == last || tokens[first].Has(Kinds.Capital) || Particles.Contains(tokens[first].Hash) || !IsGiven(tokens[first + 1]))
        {
            return first;
        }
        (tags[first], tags[first + 1]) = (Tags.Outside, (byte)Tags.Begin(0));
        return first + 1;
    }

    // F. Lodi, at the end of a letter; but S. Marino
    private static bool IsSigned(ReadOnlySpan<Token> tokens, int k, Known known) => Is(known, Known.LastName) && k > 0
        && tokens[k - 1] is { Length: 1, After: (byte)'.' } initial && initial.Has(Kinds.LineBefore) && initial.Has(Kinds.Upper) && initial.Hash != Saint && tokens[k].Start - initial.End == 2;

    private static int Right(ReadOnlySpan<Token> tokens, ReadOnlySpan<Seen> run, int first, int kind)
    {
        var known = run[0].Known;
        if (run.Length == 2 && Countries.IsPair(tokens, first))
        {
            return 1;
        }
        if (run.Length == 1)
        {
            var placed = first > 0 && Placing.Contains(tokens[first - 1].Hash);
            if (kind == 0 && placed && Is(known, Known.Whole) && !Is(known, Known.FirstName))
            {
                return 1; // ad Alcamo
            }
            return kind != 1 && Is(known, Known.Whole) && !Is(known, Known.FirstName | Known.LastName | Known.Common) ? 1
                : kind == 1 && Is(known, Known.FirstName | Known.LastName) && !Is(known, Known.Whole | Known.Common) ? 0
                : kind == 2 && Is(known, Known.FirstName) && !Is(known, Known.Whole | Known.Common) ? 0 : kind;
        }
        var person = kind != 0 && run.Length <= 3 && Is(known, Known.FirstName) && !Is(known, Known.Whole | Known.Common);
        if (person && run is [_, { Gap: 0, Shape: 1 } family] && Is(family.Known, Known.LastName))
        {
            return 0; // Tommaso Riva, though riva is a word
        }
        foreach (var word in run[1..])
        {
            person &= word.Gap is 0 or 4 && word.Class == 0 && !Is(word.Known, Known.Common | (kind == 1 ? Place : Known.None)) && word.Shape is 1 or 2;
        }
        return person ? 0 : kind;
    }

    // A first name or a country that stands alone.
    private static void Add(ReadOnlySpan<Token> tokens, ReadOnlySpan<Seen> seen, int k, Span<byte> tags)
    {
        var known = seen[k].Known;
        var before = k > 0 && tokens[k - 1].Has(Kinds.Capital) && seen[k].Gap == 0 && !Salutations.IsGreeting(tokens[k - 1]);
        var after = k + 1 < tokens.Length && tokens[k + 1].Has(Kinds.Capital) && tokens[k + 1].IsOneBlankBehind(tokens[k]);
        if (seen[k].Shape != 1 || before)
        {
            return;
        }
        if (Is(known, Known.FirstName) && !Is(known, Known.Common | Known.Whole) && (!after || tags[k + 1] == Tags.Begin(0) || IsFamily(tokens, tags, k + 1)))
        {
            tags[k] = (byte)Tags.Begin(0);
            if (after)
            {
                tags[k + 1] = (byte)Tags.Inside(0);
            }
        }
        else if (Countries.IsPair(tokens, k) && tags[k + 1] == Tags.Outside)
        {
            (tags[k], tags[k + 1]) = ((byte)Tags.Begin(1), (byte)Tags.Inside(1));
        }
        else if (!after && Is(known, Known.Country) && Is(known, Known.Whole) && !Is(known, Known.FirstName | Known.LastName | Known.Common))
        {
            tags[k] = (byte)Tags.Begin(1);
        }
    }

    /// <summary>Whether it is known as somebody's first name.</summary>
    internal static bool IsGiven(Token token) => Is(Gazetteer.Of(token.Hash), Known.FirstName);

    // Behind a first name even a word that is common is a family's: Laura Verdi.
    private static bool IsFamily(ReadOnlySpan<Token> tokens, ReadOnlySpan<byte> tags, int k) => k < tokens.Length && tags[k] == Tags.Outside && tokens[k].Has(Kinds.Capital)
        && tokens[k].IsOneBlankBehind(tokens[k - 1]) && Is(Gazetteer.Of(tokens[k].Hash), Known.LastName);

    // A word with a capital that no list knows, right behind a given name.
    private static bool IsUnknownFamily(ReadOnlySpan<Token> tokens, ReadOnlySpan<byte> tags, int k) => k < tokens.Length && tags[k] == Tags.Outside
        && tokens[k] is { Length: >= FamilyMin } word && word.Has(Kinds.Capital) && word.Has(Kinds.Lower) && word.IsWord && word.IsOneBlankBehind(tokens[k - 1]) && Gazetteer.Of(word.Hash) == Known.None
        && CueLexicon.Of(word) == default && !Salutations.Greets(tokens, k);

    private static bool Is(Known known, Known any) => (known & any) != 0;
}
