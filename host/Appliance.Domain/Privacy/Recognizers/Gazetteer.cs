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
}

/// <summary>Names of people and places that are known; a hint for the tagger, never a find by itself.</summary>
internal static class Gazetteer
{
    private const int Slots = 1 << 18;

    // Open addressing: 16 bits of the hash tell words apart (one in 65,536 is mistaken for another), a byte says what they are. It fits in a cache.
    private static readonly ushort[] Marks = new ushort[Slots];
    private static readonly Known[] Kinds = new Known[Slots];

    static Gazetteer()
    {
        foreach (var (hash, known) in Load())
        {
            var at = hash & (Slots - 1);
            while (Kinds[at] != Known.None)
            {
                at = (at + 1) & (Slots - 1);
            }
            (Marks[at], Kinds[at]) = ((ushort)(hash >> 16), known);
        }
    }

    internal static Known Of(uint hash)
    {
        for (var at = hash & (Slots - 1); Kinds[at] != Known.None; at = (at + 1) & (Slots - 1))
        {
            if (Marks[at] == (ushort)(hash >> 16))
            {
                return Kinds[at];
            }
        }
        return Known.None;
    }

    internal static bool IsCity(uint hash) => (Of(hash) & (Known.City | Known.Country)) != 0;

    private static Dictionary<uint, Known> Load()
    {
        var words = new Dictionary<uint, Known>();
        foreach (var kind in new[] { Known.FirstName, Known.LastName, Known.City, Known.Country })
        {
            foreach (var name in Table.Lines($"{kind.ToString().ToLowerInvariant()}.txt"))
            {
                foreach (var word in name.Split(' ', '-', '\'').Where(w => w.Length > 2 && char.IsUpper(w[0])))
                {
                    var hash = Tokenizer.Hash(Encoding.UTF8.GetBytes(word));
                    words[hash] = words.GetValueOrDefault(hash) | kind;
                }
            }
        }
        foreach (var word in Table.Lines("common.txt"))
        {
            var hash = Tokenizer.Hash(Encoding.UTF8.GetBytes(word));
            words[hash] = words.GetValueOrDefault(hash) | Known.Common;
        }
        return words;
    }
}
