using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tables;

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
internal static class Gazetteer
{
    private const int Shelves = 1 << 15, FactBits = 17, KnownBits = 6, ClassBits = 3;
    private const uint Facts = (1u << FactBits) - 1;

    // Shelves of eight words, all looked at together. The shelf and the upper bits of its hash tell a word apart, the lower ones say what it is. Where a shelf is full the next one goes on.
    private static readonly uint[] Words = new uint[Shelves * Vector256<uint>.Count];

    static Gazetteer()
    {
        foreach (var (hash, facts) in Load())
        {
            var at = (int)(hash % Shelves) * Vector256<uint>.Count;
            while (Words[at] != 0)
            {
                at = (at + 1) % Words.Length;
            }
            Words[at] = (hash & ~Facts) | facts;
        }
    }

    internal static Known Of(uint hash) => Look(hash).Known;

    /// <summary>What a word is known as, its class among the small words that say what stands beside them (<see cref="WordClasses"/>), and the words it keeps company with (<c>clusters.txt</c>).</summary>
    internal static (Known Known, byte Class, byte Cluster) Look(uint hash)
    {
        var facts = FactsOf(hash);
        return ((Known)(facts & ((1 << KnownBits) - 1)), (byte)((facts >> KnownBits) & ((1 << ClassBits) - 1)), (byte)((facts & Facts) >> (KnownBits + ClassBits)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint FactsOf(uint hash)
    {
        for (var shelf = hash % Shelves; ; shelf = (shelf + 1) % Shelves)
        {
            var at = (int)shelf * Vector256<uint>.Count;
            var words = Vector256.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(Words), (nuint)at);
            var here = Vector256.Equals(words & Vector256.Create(~Facts), Vector256.Create(hash & ~Facts)).ExtractMostSignificantBits();
            if (here != 0)
            {
                return Words[at + BitOperations.TrailingZeroCount(here)];
            }
            if (words[Vector256<uint>.Count - 1] == 0)
            {
                return 0; // there was room for it
            }
        }
    }

    internal static bool IsCity(uint hash) => (Of(hash) & (Known.City | Known.Country)) != 0;

    private static IEnumerable<(uint Hash, uint Facts)> Load()
    {
        var known = LoadKnown();
        var classes = Tagging.WordClasses.Load();
        var clusters = LoadClusters();
        return known.Keys.Union(classes.Keys).Union(clusters.Keys)
            .Select(h => (h, (uint)known.GetValueOrDefault(h) | ((uint)classes.GetValueOrDefault(h) << KnownBits) | ((uint)clusters.GetValueOrDefault(h) << (KnownBits + ClassBits))));
    }

    // The classes by their line, from 1 on; 0 is a word that the running text did not have.
    private static Dictionary<uint, byte> LoadClusters()
    {
        var words = new Dictionary<uint, byte>();
        foreach (var (number, line) in Table.Lines("clusters.txt").Index())
        {
            foreach (var word in line.Split(' '))
            {
                words.TryAdd(WordHash.Of(word), (byte)(number + 1));
            }
        }
        return words;
    }

    private static Dictionary<uint, Known> LoadKnown()
    {
        var words = new Dictionary<uint, Known>();
        foreach (var kind in new[] { Known.FirstName, Known.LastName, Known.City, Known.Country })
        {
            foreach (var name in Table.Lines($"{kind.ToString().ToLowerInvariant()}.txt"))
            {
                foreach (var word in name.Split(' ', '-', '\'').Where(w => w.Length > 2 && char.IsUpper(w[0])))
                {
                    var hash = WordHash.Of(word);
                    words[hash] = words.GetValueOrDefault(hash) | kind | (kind >= Known.City && word.Length == name.Length ? Known.Whole : Known.None);
                }
            }
        }
        foreach (var word in Table.Lines("common.txt"))
        {
            var hash = WordHash.Of(word);
            words[hash] = words.GetValueOrDefault(hash) | Known.Common;
        }
        // Words that running text mostly writes small are common as well, unless they are somebody's name.
        foreach (var word in Table.Lines("clusters.txt").SelectMany(l => l.Split(' ')).Where(w => char.IsLower(w[0])))
        {
            words.TryAdd(WordHash.Of(word), Known.Common);
        }
        return words;
    }
}
