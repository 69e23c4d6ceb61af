using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Appliance.Domain.Privacy.Recognizers;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Tagging;

/// <summary>Tags of words: outside, and first and further words of each kind.</summary>
internal static class Tags
{
    internal const int Outside = 0, Count = 16;

    /// <summary>The kinds in the order of their tags: kind k begins with 2k+1 and goes on with 2k+2.</summary>
    internal static readonly string[] Kinds = [EntityTypes.Person, EntityTypes.Location, EntityTypes.Organization, EntityTypes.StreetAddress];

    internal static int Begin(int kind) => (2 * kind) + 1;

    internal static int Inside(int kind) => (2 * kind) + 2;
}

/// <summary>A linear model over hashed features, one signed byte for each bucket and tag: four megabytes, trained by <c>./do train-tagger</c>.</summary>
internal sealed class Tagger(sbyte[] weights)
{
    // What a word that may be a name loses as none: a leak costs more than a word too many. Measured on the labelled texts.
    private const short Doubt = 4;
    private static readonly Lazy<Tagger> Shipped = new(() => new Tagger(Load()));

    /// <summary>The model that is part of the program.</summary>
    internal static Tagger Standard => Shipped.Value;

    /// <summary>Whether a word may be part of a name at all; the others are outside without a look at the model.</summary>
    internal static bool IsCandidate(ReadOnlySpan<Token> tokens, int k, bool small)
    {
        var token = tokens[k];
        if (token.Has(Kinds.Capital))
        {
            return !BeginsSentence(tokens, k);
        }
        if (small)
        {
            // Where nobody writes capitals, a word must be known as a name, or stand beside one and be no common word.
            return token.Has(Kinds.Digit) ? token.Length <= 6 && ((k > 0 && !tokens[k - 1].IsNumber) || (k + 1 < tokens.Length && !tokens[k + 1].IsNumber)) : IsName(token) || (!IsCommon(token) && token.Length > 2 && ((k > 0 && IsName(tokens[k - 1])) || (k + 1 < tokens.Length && IsName(tokens[k + 1]))));
        }
        var capitalNext = k + 1 < tokens.Length && tokens[k + 1].Has(Kinds.Capital);
        return token.Has(Kinds.Digit) ? token.Length <= 6 && (capitalNext || (k > 0 && (tokens[k - 1].Has(Kinds.Capital) || (k > 1 && tokens[k - 1].Has(Kinds.Digit) && tokens[k - 2].Has(Kinds.Capital)))))
            : token.Length <= 5 && capitalNext && k > 0 && tokens[k - 1].Has(Kinds.Capital | Kinds.Digit);
    }

    // A common word, known as nothing else, behind a mark and before a small one: its capital says nothing.
    private static bool BeginsSentence(ReadOnlySpan<Token> tokens, int k) => (k == 0 || tokens[k - 1].After != ' ') && tokens[k].Has(Kinds.Lower)
        && k + 1 < tokens.Length && tokens[k + 1].Start - tokens[k].End == 1 && tokens[k].After == ' ' && !tokens[k + 1].Has(Kinds.Capital | Kinds.Digit) && Gazetteer.Of(tokens[k].Hash) == Known.Common;

    private static bool IsName(Token token) => (Gazetteer.Of(token.Hash) & Known.Hints) is not (Known.None or Known.Common) and var known && (known & Known.Common) == 0;

    private static bool IsCommon(Token token) => (Gazetteer.Of(token.Hash) & Known.Common) != 0;

    /// <param name="seen">All words; those two places around a candidate must have been looked at.</param>
    /// <param name="candidates">The words in question by their place, in order.</param>
    /// <param name="tags">One for each word: all outside, and so they stay but for candidates.</param>
    /// <remarks>A name ends at a line break, a colon or a bracket; an address may run over lines.</remarks>
    internal void Tag(ReadOnlySpan<Seen> seen, ReadOnlySpan<int> candidates, Span<byte> tags)
    {
        Span<int> buckets = stackalloc int[TaggerFeatures.Count];
        foreach (var k in candidates)
        {
            var (last, beforeLast) = (k > 0 ? tags[k - 1] : 0, k > 1 ? tags[k - 2] : 0);
            TaggerFeatures.Of(seen, k, last, beforeLast, buckets);
            tags[k] = (byte)Best(buckets, MayGoOn(last, seen[k].Gap) ? last : Tags.Outside);
        }
    }

    private static bool MayGoOn(int last, byte gap) => gap is 0 or 1 or 4 or 5 or 8 || (gap == 2 && last <= Tags.Inside(2)) || (gap is 2 or 3 or 7 && last > Tags.Inside(2));

    private int Best(ReadOnlySpan<int> buckets, int last)
    {
        var (low, high) = (Vector128<short>.Zero, Vector128<short>.Zero);
        ref var first = ref MemoryMarshal.GetArrayDataReference(weights);
        foreach (var bucket in buckets)
        {
            var (a, b) = Vector128.Widen(Vector128.LoadUnsafe(ref first, (nuint)(bucket * Tags.Count)));
            low += a;
            high += b;
        }
        Span<short> scores = stackalloc short[Tags.Count];
        low.CopyTo(scores);
        high.CopyTo(scores[8..]);
        scores[Tags.Outside] -= Doubt;
        return Highest(scores, last);
    }

    /// <summary>The tag with the highest score among those that may follow: no kind goes on that has not begun.</summary>
    internal static int Highest<T>(ReadOnlySpan<T> scores, int last)
        where T : System.Numerics.INumber<T>
    {
        var best = 0;
        for (var tag = 1; tag <= 2 * Tags.Kinds.Length; tag++)
        {
            var follows = tag % 2 == 1 || last == tag || last == tag - 1;
            if (follows && scores[tag] > scores[best])
            {
                best = tag;
            }
        }
        return best;
    }

    private static sbyte[] Load()
    {
        using var file = Table.Open("tagger.bin");
        using var packed = new System.IO.Compression.BrotliStream(file, System.IO.Compression.CompressionMode.Decompress);
        var weights = new sbyte[TaggerFeatures.Buckets * Tags.Count];
        packed.ReadExactly(MemoryMarshal.AsBytes(weights.AsSpan()));
        return weights;
    }
}
