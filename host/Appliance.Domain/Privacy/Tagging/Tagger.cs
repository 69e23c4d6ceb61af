using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Appliance.Domain.Privacy.Recognizers;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Tagging;

/// <summary>Tags of words: outside, and first and further words of each kind.</summary>
internal static class Tags
{
    internal const int Outside = 0, Count = 9;

    /// <summary>Tags that have a score: all but outside, which the others are measured against.</summary>
    internal const int Scored = Count - 1;

    /// <summary>The kinds in the order of their tags: kind k begins with 2k+1 and goes on with 2k+2.</summary>
    internal static readonly string[] Kinds = [EntityTypes.Person, EntityTypes.Location, EntityTypes.Organization, EntityTypes.StreetAddress];

    internal static int Begin(int kind) => (2 * kind) + 1;

    internal static int Inside(int kind) => (2 * kind) + 2;
}

/// <summary>A linear model over hashed features, one signed byte for each bucket and tag: trained by <c>./do train-tagger</c>.</summary>
internal sealed class Tagger(sbyte[] weights)
{
    // What a word that may be a name gains over none, in 64ths of a logit: a leak costs more than a word too many. Measured on the labelled texts.
    private const short Doubt = 70;
    // Small words inside names of each kind.
    private static readonly HashSet<uint>[] Joins =
    [
        WordHash.All("de di del della dello dei degli delle da dal dalla d la le lo el van von der den dos das do du des ten ter zu y e al bin ibn ben abu i of the"),
        WordHash.All("di del della dello dei degli delle d da in sul sull sulla de do dos das du des la le les las los el y e of the on upon am an der den"),
        WordHash.All("di del della dello dei degli delle d da in per il la lo le i gli e a al alla ai alle con de do dos das du des et y und for of the and s nel sulla l contro sul sull"),
    ];

    private static readonly WordFilter JoinFilter = new([.. Joins]);

    private static readonly Lazy<Tagger> Shipped = new(() => new Tagger(Load()));

    /// <summary>The model that is part of the program.</summary>
    internal static Tagger Standard => Shipped.Value;

    /// <summary>Whether a word may be part of a name at all; the others are outside without a look at the model.</summary>
    internal static bool IsCandidate(ReadOnlySpan<Token> tokens, int k, bool small)
    {
        var token = tokens[k];
        if (token.Has(Kinds.Capital))
        {
            return !SmallWords.Begins(tokens, k) && !BeginsSentence(tokens, k);
        }
        if (small)
        {
            return IsSmallCandidate(tokens, k);
        }
        var capitalNext = k + 1 < tokens.Length && tokens[k + 1].Has(Kinds.Capital);
        return token.Has(Kinds.Digit) ? token.Length <= 6 && (capitalNext || (k > 0 && (tokens[k - 1].Has(Kinds.Capital) || (k > 1 && tokens[k - 1].Has(Kinds.Digit) && tokens[k - 2].Has(Kinds.Capital)))))
            : token.Length <= 5 && capitalNext && k > 0 && tokens[k - 1].Has(Kinds.Capital | Kinds.Digit);
    }

    // A common word, known as nothing else, behind a mark and before a small one: its capital says nothing.
    private static bool BeginsSentence(ReadOnlySpan<Token> tokens, int k) => (k == 0 || tokens[k - 1].After != ' ') && tokens[k].Has(Kinds.Lower)
        && k + 1 < tokens.Length && tokens[k + 1].Start - tokens[k].End == 1 && tokens[k].After == ' ' && !tokens[k + 1].Has(Kinds.Capital | Kinds.Digit) && Gazetteer.Of(tokens[k].Hash) == Known.Common;

    // Where nobody writes capitals, a word must be known as a given name or a place, or stand beside a name or behind a title and be no common word.
    private static bool IsSmallCandidate(ReadOnlySpan<Token> tokens, int k)
    {
        var token = tokens[k];
        var (before, after) = (k > 0 ? tokens[k - 1] : default, k + 1 < tokens.Length ? tokens[k + 1] : default);
        if (token.Has(Kinds.Digit))
        {
            return token.Length <= 6 && ((k > 0 && !before.IsNumber) || (k + 1 < tokens.Length && !after.IsNumber));
        }
        var known = Gazetteer.Of(token.Hash);
        if ((known & Known.Common) == 0 && (known & (Known.FirstName | Known.Whole)) != 0)
        {
            return true;
        }
        var beside = IsName(before) || IsName(after);
        return token.Length > 2 && ((known & Known.LastName) != 0 ? beside || Gazetteer.Look(before.Hash).Class is 1 or 5 : beside && (known & Known.Common) == 0);
    }

    private static bool IsName(Token token) => (Gazetteer.Of(token.Hash) & Known.Hints) is not (Known.None or Known.Common) and var known && (known & Known.Common) == 0;

    /// <param name="seen">All words; those two places around a candidate must have been looked at.</param>
    /// <param name="candidates">The words in question by their place, in order.</param>
    /// <param name="small">Nobody wrote capitals here.</param>
    /// <param name="room">As long as the candidates.</param>
    /// <param name="tags">One for each word: all outside, and so they stay but for candidates.</param>
    /// <remarks>A name ends at a line break, a colon or a bracket; an address may run over lines.</remarks>
    internal void Tag(ReadOnlySpan<Seen> seen, ReadOnlySpan<int> candidates, bool small, Span<Vector128<short>> room, Span<byte> tags)
    {
        // 1 What does not depend on other tags, all words after each other: nothing waits for anything.
        Span<int> buckets = stackalloc int[TaggerFeatures.Room];
        var run = new CapitalRun(-1, -1, default);
        for (var i = 0; i < candidates.Length; i++)
        {
            run = candidates[i] > run.Last ? TaggerFeatures.RunFrom(seen, candidates, i) : run;
            TaggerFeatures.Plain(seen, candidates[i], run, buckets);
            room[i] = Sum(buckets[..TaggerFeatures.PlainCount]);
        }
        // 2 The rest, from left to right.
        for (var i = 0; i < candidates.Length; i++)
        {
            var k = candidates[i];
            var (last, beforeLast) = (k > 0 ? tags[k - 1] : 0, k > 1 ? tags[k - 2] : 0);
            var (first, second) = TaggerFeatures.Tagged(seen, k, last, beforeLast);
            tags[k] = Highest(room[i] + Row(first) + Row(second), MayGoOn(last, seen[k], small) ? last : Tags.Outside);
        }
    }

    // The tag with the highest score among those that may follow; outside has none but its doubt.
    private static byte Highest(Vector128<short> scores, int last)
    {
        var (best, most) = (Tags.Outside, -(int)Doubt);
        for (var kind = 0; kind < Tags.Kinds.Length; kind++)
        {
            var score = (int)scores[Tags.Begin(kind) - 1];
            (best, most) = score > most ? (Tags.Begin(kind), score) : (best, most);
        }
        if (last != Tags.Outside && scores[(last - 1) | 1] is var on && on > most)
        {
            best = last + (last & 1);
        }
        return (byte)best;
    }

    private Vector128<short> Sum(ReadOnlySpan<int> buckets)
    {
        var sum = Vector128<short>.Zero;
        foreach (var bucket in buckets)
        {
            sum += Row(bucket);
        }
        return sum;
    }

    private Vector128<short> Row(int bucket) =>
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<long>(ref Unsafe.As<sbyte, byte>(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(weights), bucket * Tags.Scored)))).AsSByte());

    private static bool MayGoOn(int last, Seen word, bool small)
    {
        if (last == Tags.Outside)
        {
            return false;
        }
        if (last > Tags.Inside(2))
        {
            return word.Gap is <= 5 or 7 or 8;
        }
        return (word.Gap is 0 or 4 or 5 or 8 or 2 || (word.Gap == 1 && last > Tags.Inside(1)) || (word.Gap == 10 && last > Tags.Inside(1))) && (small || word.Shape is not (0 or 11) || (JoinFilter.MayHave(word.Hash) && Joins[(last - 1) / 2].Contains(word.Hash)));
    }

    private static sbyte[] Load()
    {
        using var file = Table.Open("tagger.bin");
        using var packed = new System.IO.Compression.BrotliStream(file, System.IO.Compression.CompressionMode.Decompress);
        var weights = new sbyte[TaggerFeatures.Buckets * Tags.Scored];
        packed.ReadExactly(MemoryMarshal.AsBytes(weights.AsSpan()));
        return weights;
    }
}
