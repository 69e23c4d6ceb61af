using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using Appliance.Domain.Privacy.Recognizers;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Tagging;

/// <summary>What the tagger sees of a word, before any tag is known.</summary>
/// <param name="Hash">The word in lower case.</param>
/// <param name="Shape">Capital, capitals, small letters, digits by their number.</param>
/// <param name="Known">From the gazetteer.</param>
/// <param name="Class">From the small words.</param>
/// <param name="Gap">What separates it from the word before.</param>
/// <param name="Cluster">The words it keeps company with.</param>
/// <param name="Ending">Its last three bytes.</param>
/// <param name="Beginning">Its first three.</param>
internal readonly record struct Seen(uint Hash, byte Shape, Known Known, byte Class, byte Gap, byte Cluster, uint Ending, uint Beginning);

/// <summary>Words with capitals side by side, of which names are made.</summary>
/// <param name="First">The first of them.</param>
/// <param name="Last">The last one.</param>
/// <param name="Known">What any of them is known as.</param>
internal readonly record struct CapitalRun(int First, int Last, Known Known);

/// <summary>Hashed features of a word in its surroundings: the same for training and for use.</summary>
internal static class TaggerFeatures
{
    /// <summary>How many features do not know of tags, and how many there are in all.</summary>
    internal const int PlainCount = 25, Count = 27;

    /// <summary>Places for the buckets of one word.</summary>
    internal const int Room = 32;

    internal const int Buckets = 1 << BucketBits;
    private const int BucketBits = 18, AbbreviationMax = 4;
    private const uint Outside = 0x9E3779B9;
    private const Kinds AllKinds = Kinds.Digit | Kinds.Upper | Kinds.Lower | Kinds.High | Kinds.Capital;
    private const int ShapeLengths = 8;

    // A table, because nothing in a text is as hard to guess for a processor.
    private static readonly byte[] Shapes = [.. Enumerable.Range(0, ((int)AllKinds + 1) * ShapeLengths).Select(k => ShapeOf((Kinds)(k / ShapeLengths), k % ShapeLengths))];

    private static readonly uint[] Kind = [.. Enumerable.Range(1, Room).Select(k => (uint)k * 0x27D4EB2F)];
    private static readonly Seen Nothing = new(Outside, 9, Known.None, 0, 9, 0, 0, 0);

    internal static Seen Look(ReadOnlySpan<byte> view, ReadOnlySpan<Token> tokens, int k)
    {
        ref readonly var token = ref tokens[k];
        var (known, group, cluster) = token.Has(Kinds.Digit) ? default : Gazetteer.Look(token.Hash);
        return new Seen(token.Hash, Shape(token), known, group, Gap(view, tokens, k), cluster, Last(view, token), First(view, token));
    }

    /// <summary>The words with capitals that stand together, from one of <paramref name="candidates"/> on.</summary>
    /// <param name="from">Its place among the candidates.</param>
    internal static CapitalRun RunFrom(ReadOnlySpan<Seen> seen, ReadOnlySpan<int> candidates, int from)
    {
        var (first, known) = (candidates[from], seen[candidates[from]].Known);
        var last = first;
        while (++from < candidates.Length && candidates[from] == last + 1 && seen[last].Shape is 1 or 2 or 3 && seen[last + 1] is { Gap: 0 or 4 or 5, Shape: 1 or 2 or 3 })
        {
            known |= seen[++last].Known;
        }
        return new CapitalRun(first, last, known);
    }

    /// <summary>What a word shows before any tag is known.</summary>
    /// <param name="seen">The words; <paramref name="k"/> is the one in question.</param>
    /// <param name="run">The capitals that it stands among.</param>
    /// <param name="into">Gets <see cref="PlainCount"/> buckets, in room for <see cref="Room"/>.</param>
    internal static void Plain(ReadOnlySpan<Seen> seen, int k, CapitalRun run, Span<int> into)
    {
        ref readonly var here = ref seen[k];
        ref readonly var before = ref At(seen, k - 1);
        ref readonly var far = ref At(seen, k - 2);
        ref readonly var after = ref At(seen, k + 1);
        ref readonly var next = ref At(seen, k + 2);
        ref readonly var left = ref At(seen, run.First - 1);
        ref readonly var right = ref At(seen, run.Last + 1);
        ref readonly var head = ref seen[run.First];
        ref readonly var tail = ref seen[run.Last];
        uint known = (uint)(here.Known & Known.Hints), written = (known * 16) + here.Shape, shapes = (uint)((before.Shape * 256) + (here.Shape * 16) + after.Shape);
        uint place = (uint)((run.First == k ? 0 : 1) + (run.Last == k ? 0 : 2)), length = (uint)Math.Min(3, run.Last - run.First);
        Span<uint> a = stackalloc uint[Room], b = stackalloc uint[Room];
        (a[0], b[0]) = (here.Hash, here.Shape);
        (a[1], b[1]) = (before.Hash, here.Gap);
        (a[2], b[2]) = (after.Hash, after.Gap);
        (a[3], b[3]) = (far.Hash, before.Gap);
        (a[4], b[4]) = (shapes, here.Gap);
        (a[5], b[5]) = (written, (uint)((here.Gap * 16) + after.Gap));
        (a[6], b[6]) = (here.Ending, here.Shape);
        (a[7], b[7]) = ((uint)((before.Class * 16) + after.Class), (known * 4096) + shapes);
        (a[8], b[8]) = (before.Hash, written);
        (a[9], b[9]) = ((uint)((before.Class * 256) + (here.Class * 16) + after.Class), (uint)((here.Gap * 16) + here.Shape));
        (a[10], b[10]) = ((uint)((far.Class * 16) + before.Class), written);
        (a[11], b[11]) = (after.Hash, written);
        (a[12], b[12]) = (left.Hash, (place * 16) + head.Gap);
        (a[13], b[13]) = (right.Hash, (place * 16) + right.Gap);
        (a[14], b[14]) = (left.Cluster, (place * 16) + head.Gap);
        (a[15], b[15]) = (right.Cluster, (place * 16) + right.Gap);
        (a[16], b[16]) = (here.Cluster, written);
        (a[17], b[17]) = (here.Beginning, here.Shape);
        (a[18], b[18]) = (here.Beginning, here.Ending);
        (a[19], b[19]) = (head.Hash, place);
        (a[20], b[20]) = (tail.Hash, place);
        (a[21], b[21]) = (((uint)(run.Known & Known.Hints) * 16) + (length * 4) + place, here.Shape);
        (a[22], b[22]) = (((uint)far.Cluster * 256) + before.Cluster, here.Gap);
        (a[23], b[23]) = (((uint)after.Cluster * 256) + next.Cluster, after.Gap);
        (a[24], b[24]) = (tail.Ending, place + (length * 4));
        // Eight hashes at a time.
        for (var at = 0; at < Room; at += Vector256<uint>.Count)
        {
            var mixed = (Vector256.LoadUnsafe(ref a[at]) * Vector256.Create(0x9E3779B1)) + (Vector256.LoadUnsafe(ref b[at]) * Vector256.Create(0x85EBCA77)) + Vector256.LoadUnsafe(ref Kind[at]);
            mixed = (mixed ^ Vector256.ShiftRightLogical(mixed, 15)) * Vector256.Create(0xC2B2AE3D);
            Vector256.ShiftRightLogical(mixed ^ Vector256.ShiftRightLogical(mixed, 13), 32 - BucketBits).AsInt32().StoreUnsafe(ref into[at]);
        }
    }

    /// <summary>The place of the word whose letters a plain feature is about; -1 for none: training hides them now and then.</summary>
    internal static int WordOf(int feature, int k, CapitalRun run) => feature switch
    {
        0 => k,
        1 or 8 => k - 1,
        2 or 11 => k + 1,
        3 => k - 2,
        12 => run.First - 1,
        13 => run.Last + 1,
        19 => run.First,
        20 => run.Last,
        _ => -1,
    };

    /// <summary>What it shows behind the tags of the two words before.</summary>
    internal static (int, int) Tagged(ReadOnlySpan<Seen> seen, int k, int last, int beforeLast)
    {
        ref readonly var here = ref seen[k];
        ref readonly var before = ref At(seen, k - 1);
        ref readonly var after = ref At(seen, k + 1);
        uint known = (uint)(here.Known & Known.Hints), shapes = (uint)((before.Shape * 256) + (here.Shape * 16) + after.Shape), tags = (uint)((last * 16) + beforeLast);
        return (Bucket(PlainCount, tags, (known * 4096) + shapes), Bucket(PlainCount + 1, tags, (uint)((here.Gap * 4096) + (before.Class * 256) + (here.Class * 16) + after.Class)));
    }

    private static ref readonly Seen At(ReadOnlySpan<Seen> seen, int k) => ref (uint)k < (uint)seen.Length ? ref seen[k] : ref Nothing;

    private static int Bucket(int kind, uint a, uint b)
    {
        var mixed = (a * 0x9E3779B1) + (b * 0x85EBCA77) + Kind[kind];
        mixed = (mixed ^ (mixed >> 15)) * 0xC2B2AE3D;
        return (int)((mixed ^ (mixed >> 13)) >> (32 - BucketBits));
    }

    // The last three bytes in small letters, and the first three; fewer of a shorter word.
    private static uint Last(ReadOnlySpan<byte> view, Token token)
    {
        var length = Math.Min(token.Length, 3);
        var four = token.End >= sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(view[(token.End - sizeof(uint))..]) : Few(view[..token.End]) << (8 * (sizeof(uint) - token.End));
        return (four | 0x20202020) >> (8 * (sizeof(uint) - length));
    }

    private static uint First(ReadOnlySpan<byte> view, Token token)
    {
        var length = Math.Min(token.Length, 3);
        var four = token.Start + sizeof(uint) <= view.Length ? BinaryPrimitives.ReadUInt32LittleEndian(view[token.Start..]) : Few(view[token.Start..]);
        return (four | 0x20202020) & ((1u << (8 * length)) - 1);
    }

    private static uint Few(ReadOnlySpan<byte> bytes)
    {
        var all = 0u;
        for (var k = 0; k < bytes.Length; k++)
        {
            all |= (uint)bytes[k] << (8 * k);
        }
        return all;
    }

    private static byte Shape(Token token) => Shapes[((int)(token.Kinds & AllKinds) * ShapeLengths) + Math.Min(token.Length, ShapeLengths - 1)];

    // 0 small, 1 capital, 2 one capital, 3 capitals, 4 to 8 digits by their number, 10 with a digit, 11 one letter
    private static byte ShapeOf(Kinds kinds, int length) => kinds switch
    {
        Kinds.Digit => (byte)Math.Min(8, 3 + length),
        _ when (kinds & Kinds.Digit) != 0 => 10,
        _ when (kinds & Kinds.Capital) != 0 => length == 1 ? (byte)2 : (kinds & Kinds.Lower) != 0 ? (byte)1 : (byte)3,
        _ => length == 1 ? (byte)11 : (byte)0,
    };

    // 0 blank, 1 comma, 2 dot and blank, 3 line, 4 dash, 5 apostrophe, 6 colon, 7 nothing or other, 8 dot without blank, 9 brackets and the like, 10 dash between blanks, 11 end of a sentence
    private static byte Gap(ReadOnlySpan<byte> view, ReadOnlySpan<Token> tokens, int k)
    {
        if (k == 0)
        {
            return 3;
        }
        var token = tokens[k - 1];
        var between = view[token.End..tokens[k].Start];
        if (between.Length == 1 && between[0] == ' ')
        {
            return 0; // by far the most
        }
        if (between.Length == 0)
        {
            return 7;
        }
        if (between.IndexOfAny("()[]{}<>;|="u8) >= 0)
        {
            return tokens[k].Has(Kinds.LineBefore) ? (byte)3 : (byte)9;
        }
        return between.Length switch
        {
            1 => between[0] switch { (byte)' ' => 0, (byte)'-' => 4, (byte)'\'' => 5, (byte)',' => 1, (byte)':' => 6, (byte)'\n' => 3, (byte)'.' => 8, _ => 7 },
            _ when tokens[k].Has(Kinds.LineBefore) => 3,
            _ => between[0] switch { (byte)',' => 1, (byte)'.' => (byte)(token.Length <= AbbreviationMax ? 2 : 11), (byte)'!' or (byte)'?' => 11, (byte)':' => 6, (byte)' ' => between.IndexOfAny("-/&"u8) >= 0 ? (byte)10 : (byte)0, _ => 7 },
        };
    }
}
