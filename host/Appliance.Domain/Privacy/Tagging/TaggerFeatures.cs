using System.Runtime.CompilerServices;
using Appliance.Domain.Privacy.Recognizers;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Tagging;

/// <summary>What the tagger sees of a word, before any tag is known.</summary>
/// <param name="Hash">The word in lower case.</param>
/// <param name="Shape">Capital, capitals, small letters, digits by their number.</param>
/// <param name="Known">From the gazetteer.</param>
/// <param name="Class">From the small words.</param>
/// <param name="Gap">What separates it from the word before.</param>
/// <param name="Ending">Its last three bytes.</param>
internal readonly record struct Seen(uint Hash, byte Shape, Known Known, byte Class, byte Gap, uint Ending);

/// <summary>Hashed features of a word in its surroundings: the same for training and for use.</summary>
internal static class TaggerFeatures
{
    internal const int Count = 22;
    internal const int Buckets = 1 << 18;
    private const uint Outside = 0x9E3779B9;
    private static readonly Seen Nothing = new(Outside, 9, Known.None, 0, 9, 0);

    internal static Seen Look(ReadOnlySpan<byte> view, ReadOnlySpan<Token> tokens, int k)
    {
        var token = tokens[k];
        var ending = token.Length >= 3 ? (uint)((view[token.End - 3] << 16) | (view[token.End - 2] << 8) | view[token.End - 1] | 0x202020)
            : token.Length == 2 ? (uint)((view[token.Start] << 8) | view[token.Start + 1] | 0x2020) : (uint)(view[token.Start] | 0x20);
        var (known, group) = token.IsNumber ? default : Gazetteer.Look(token.Hash);
        return new Seen(token.Hash, Shape(token), token.Has(Kinds.Digit) ? Known.None : known, group, Gap(view, tokens, k), ending);
    }

    /// <param name="seen">The words; <paramref name="k"/> is the one in question.</param>
    /// <param name="last">The tag of the word before.</param>
    /// <param name="beforeLast">And of the one before that.</param>
    /// <param name="into">Gets <see cref="Count"/> buckets.</param>
    internal static void Of(ReadOnlySpan<Seen> seen, int k, int last, int beforeLast, Span<int> into)
    {
        var here = seen[k];
        var before = k > 0 ? seen[k - 1] : Nothing;
        var far = k > 1 ? seen[k - 2] : Nothing;
        var after = k + 1 < seen.Length ? seen[k + 1] : Nothing;
        var next = k + 2 < seen.Length ? seen[k + 2] : Nothing;
        uint shapes = (uint)((before.Shape * 256) + (here.Shape * 16) + after.Shape);
        uint known = (uint)(here.Known & Known.Hints), tags = (uint)((last * 16) + beforeLast);
        into[0] = Bucket(0, here.Hash, here.Shape);
        into[1] = Bucket(1, before.Hash, here.Gap);
        into[2] = Bucket(2, after.Hash, after.Gap);
        into[3] = Bucket(3, far.Hash, before.Gap);
        into[4] = Bucket(4, next.Hash, 0);
        into[5] = Bucket(5, before.Hash, here.Hash);
        into[6] = Bucket(6, here.Hash, after.Hash);
        into[7] = Bucket(7, shapes, here.Gap);
        into[8] = Bucket(8, (known * 16) + here.Shape, (uint)((here.Gap * 16) + after.Gap));
        into[9] = Bucket(9, ((uint)(before.Known & Known.Hints) * 1024) + (known * 32) + (uint)(after.Known & Known.Hints), here.Gap);
        into[10] = Bucket(10, here.Ending, here.Shape);
        into[11] = Bucket(11, here.Ending & 0xFFFF, (tags * 16) + here.Shape);
        into[12] = Bucket(12, tags, here.Hash);
        into[13] = Bucket(13, tags, (known * 4096) + shapes);
        into[14] = Bucket(14, tags, after.Hash);
        into[15] = Bucket(15, (uint)((before.Class * 16) + after.Class), (known * 4096) + shapes);
        into[16] = Bucket(16, before.Hash, (known * 16) + here.Shape);
        into[17] = Bucket(17, (uint)((before.Class * 256) + (here.Class * 16) + after.Class), (uint)((here.Gap * 16) + here.Shape));
        into[18] = Bucket(18, tags, (uint)((here.Gap * 4096) + (before.Class * 256) + (here.Class * 16) + after.Class));
        into[19] = Bucket(19, far.Hash, before.Hash ^ (known << 4));
        into[20] = Bucket(20, (uint)((far.Class * 16) + before.Class), (known * 16) + here.Shape);
        into[21] = Bucket(21, after.Hash, (known * 16) + here.Shape);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Bucket(uint kind, uint a, uint b)
    {
        var mixed = ((a * 0x9E3779B1UL) + (b * 0x85EBCA77C2B2AE63UL) + (kind * 0x27D4EB2F165667C5UL)) * 0x9FB21C651E98DF25UL;
        return (int)(mixed >> 46);
    }

    private static byte Shape(Token token) => token switch
    {
        { IsNumber: true } => (byte)Math.Min(8, 3 + token.Length),
        _ when token.Has(Kinds.Digit) => 10,
        _ when token.Has(Kinds.Capital) => token.Length == 1 ? (byte)2 : token.Has(Kinds.Lower) ? (byte)1 : (byte)3,
        _ => token.Length == 1 ? (byte)11 : (byte)0,
    };

    // 0 blank, 1 comma, 2 dot and blank, 3 line, 4 dash, 5 apostrophe, 6 colon, 7 nothing or other, 8 dot without blank, 9 brackets and the like
    private static byte Gap(ReadOnlySpan<byte> view, ReadOnlySpan<Token> tokens, int k)
    {
        if (k == 0)
        {
            return 3;
        }
        var between = view[tokens[k - 1].End..tokens[k].Start];
        if (between.Length == 1 && between[0] == ' ')
        {
            return 0; // by far the most
        }
        if (between.IndexOfAny("()[]{}<>;|="u8) >= 0)
        {
            return tokens[k].Has(Kinds.LineBefore) ? (byte)3 : (byte)9;
        }
        return between.Length switch
        {
            1 => between[0] switch { (byte)' ' => 0, (byte)'-' => 4, (byte)'\'' => 5, (byte)',' => 1, (byte)':' => 6, (byte)'\n' => 3, (byte)'.' => 8, _ => 7 },
            _ when tokens[k].Has(Kinds.LineBefore) => 3,
            _ => between[0] switch { (byte)',' => 1, (byte)'.' or (byte)'!' or (byte)'?' => 2, (byte)':' => 6, (byte)' ' => 0, _ => 7 },
        };
    }
}
