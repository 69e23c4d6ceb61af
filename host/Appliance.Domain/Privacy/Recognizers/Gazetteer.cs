using System.Runtime.CompilerServices;
using System.Text;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tables;
using Appliance.Domain.Privacy.Tagging;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>What a word is known as.</summary>
[Flags]
internal enum Known : byte
{
    None = 0,
    FirstName = 1,
    LastName = 2,
    City = 4,
    Country = 8,

    /// <summary>A word of a language that is mostly written small.</summary>
    Common = 16,

    /// <summary>The whole name of a city or a country, not a part of one.</summary>
    Whole = 32,

    /// <summary>What the tagger is trained on.</summary>
    Hints = FirstName | LastName | City | Country | Common,
}

/// <summary>Names of people and places that are known; a hint for the tagger, never a find by itself.</summary>
/// <remarks>The tables are read as bytes into their places at once: every command that looks for names pays for it at its start.</remarks>
internal static class Gazetteer
{
    private const int KnownBits = 6, ClassBits = 3;
    private const uint KnownMask = (1 << KnownBits) - 1, ClassMask = (1 << ClassBits) - 1, ClusterMask = (1 << WordShelves.FactBits) - (1 << (KnownBits + ClassBits));

    private static readonly WordShelves Words = new();

    static Gazetteer()
    {
        foreach (var kind in new[] { Known.FirstName, Known.LastName, Known.City, Known.Country })
        {
            Names($"{kind.ToString().ToLowerInvariant()}.txt", kind);
        }
        Common();
        Clusters();
        foreach (var (hash, number) in WordClasses.Load())
        {
            Words.Place(hash) |= (uint)number << KnownBits;
        }
    }

    internal static Known Of(uint hash) => (Known)(Words.Of(hash) & KnownMask);

    /// <summary>What a word is known as, its class among the small words that say what stands beside them (<see cref="WordClasses"/>), and the words it keeps company with (<c>clusters.txt</c>).</summary>
    internal static (Known Known, byte Class, byte Cluster) Look(uint hash)
    {
        var facts = Words.Of(hash);
        return ((Known)(facts & KnownMask), (byte)((facts >> KnownBits) & ClassMask), (byte)(facts >> (KnownBits + ClassBits)));
    }

    internal static bool IsCity(uint hash) => (Of(hash) & (Known.City | Known.Country)) != 0;

    // A name a line; its parts that begin with a capital are known each.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Names(string table, Known kind)
    {
        var whole = kind >= Known.City ? Known.Whole : Known.None;
        var words = new TableWords(table, " -'\n"u8);
        while (words.Next())
        {
            if (words.IsCapital && words.IsLongerThan(2))
            {
                Words.Place(words.Hash) |= (uint)(kind | (words.IsLine ? whole : Known.None));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Common()
    {
        var words = new TableWords("common.txt", "\n"u8);
        while (words.Next())
        {
            Words.Place(words.Hash) |= (uint)Known.Common;
        }
    }

    // The classes by their line, from 1 on; 0 is a word that the running text did not have.
    // Words that running text mostly writes small are common as well, unless they are somebody's name.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Clusters()
    {
        var words = new TableWords("clusters.txt", " \n"u8);
        while (words.Next())
        {
            ref var place = ref Words.Place(words.Hash);
            place |= (place & KnownMask) == 0 && !words.IsCapital ? (uint)Known.Common : 0;
            place |= (place & ClusterMask) == 0 ? (uint)words.Line << (KnownBits + ClassBits) : 0;
        }
    }
}
