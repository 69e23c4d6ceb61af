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
    private const int Slots = 1 << 17, KnownBits = 6;

    // Open addressing: 16 bits of the hash tell words apart (one in 65,536 is mistaken for another), the others say what they are. It fits in a cache.
    private static readonly uint[] Words = new uint[Slots];

    static Gazetteer()
    {
        foreach (var (hash, facts) in Load())
        {
            var at = hash % Slots;
            while (Words[at] != 0)
            {
                at = (at + 1) % Slots;
            }
            Words[at] = (hash & 0xFFFF0000) | facts;
        }
    }

    internal static Known Of(uint hash) => Look(hash).Known;

    /// <summary>What a word is known as, and its class among the small words that say what stands beside them (<see cref="WordClasses"/>).</summary>
    internal static (Known Known, byte Class) Look(uint hash)
    {
        for (var at = hash % Slots; Words[at] != 0; at = (at + 1) % Slots)
        {
            if ((Words[at] ^ hash) <= 0xFFFF)
            {
                return ((Known)(Words[at] & ((1 << KnownBits) - 1)), (byte)((ushort)Words[at] >> KnownBits));
            }
        }
        return default;
    }

    internal static bool IsCity(uint hash) => (Of(hash) & (Known.City | Known.Country)) != 0;

    private static IEnumerable<(uint Hash, uint Facts)> Load()
    {
        var known = LoadKnown();
        var classes = Tagging.WordClasses.Load();
        return known.Keys.Union(classes.Keys).Select(h => (h, (uint)known.GetValueOrDefault(h) | ((uint)classes.GetValueOrDefault(h) << KnownBits)));
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
        return words;
    }
}
