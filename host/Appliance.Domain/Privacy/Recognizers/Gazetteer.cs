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
    private static readonly Dictionary<uint, Known> Words = Load();

    internal static Known Of(uint hash) => Words.GetValueOrDefault(hash);

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
