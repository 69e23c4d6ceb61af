using System.Text;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Cues;

/// <summary>Kinds of personal data that words announce, as bits.</summary>
internal readonly record struct CueSet(UInt128 Bits)
{
    internal bool Has(CueSet other) => (Bits & other.Bits) != 0;

    public static CueSet operator |(CueSet a, CueSet b) => new(a.Bits | b.Bits);
}

/// <summary>Words that say what stands beside them, in several languages: <c>Tables/cues.tsv</c>.</summary>
internal static class CueLexicon
{
    private static readonly Dictionary<string, CueSet> Groups = [];
    private static readonly Dictionary<uint, CueSet> Words = [];
    private static readonly WordFilter Filter;
    private static readonly CueSet FiscalCode, VatCode;
    private static readonly uint C = WordHash.Of("c"), F = WordHash.Of("f"), P = WordHash.Of("p"), I = WordHash.Of("i");

    static CueLexicon()
    {
        foreach (var line in Table.Lines("cues.tsv"))
        {
            var fields = line.Split('\t');
            var group = new CueSet(UInt128.One << Groups.Count);
            Groups.Add(fields[0], group);
            foreach (var word in fields[1].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                var hash = WordHash.Of(word);
                Words[hash] = Words.GetValueOrDefault(hash) | group;
            }
        }
        if (Groups.Count > 128)
        {
            throw new InvalidDataException("cues.tsv has more than 128 groups.");
        }
        Filter = new WordFilter(Words.Keys);
        (FiscalCode, VatCode) = (Groups["it-cf"], Groups["vat"] | Groups["piva"]);
    }

    /// <summary>The bit of a group of cues.</summary>
    internal static CueSet Group(string name) => name.Length == 0 ? default
        : Groups.TryGetValue(name, out var group) ? group : throw new InvalidDataException($"cues.tsv has no group '{name}'.");

    /// <summary>What one word announces; a number announces nothing.</summary>
    internal static CueSet Of(Token token) => token.IsNumber ? default : Of(token.Hash);

    /// <summary>What two letters with dots announce: <c>C.F.</c>, <c>P.I.</c></summary>
    internal static CueSet OfInitials(Token first, Token second) =>
        first.Hash == C && second.Hash == F ? FiscalCode : first.Hash == P && second.Hash == I ? VatCode : default;

    private static CueSet Of(uint word) => Filter.MayHave(word) ? Words.GetValueOrDefault(word) : default;

    /// <summary>What a column's name or a key announces: <c>codice_fiscale</c>, <c>customerEmail</c>.</summary>
    internal static CueSet OfLabel(string label)
    {
        var all = default(CueSet);
        var apart = new StringBuilder();
        foreach (var c in label)
        {
            apart.Append(char.IsUpper(c) && apart.Length > 0 && char.IsLower(apart[^1]) ? " " : "").Append(char.IsLetterOrDigit(c) ? c : ' ');
        }
        foreach (var word in apart.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries).Append(apart.ToString().Replace(" ", "", StringComparison.Ordinal)))
        {
            all |= Of(WordHash.Of(word));
        }
        return all;
    }
}
