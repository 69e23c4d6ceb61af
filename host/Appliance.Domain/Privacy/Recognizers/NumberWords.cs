using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Numbers from 0 to 99 as words, in five languages (<c>Tables/numbers.tsv</c>).</summary>
internal static class NumberWords
{
    private static readonly Dictionary<uint, int> Words = Table.Numbers("numbers.tsv");

    internal static IEnumerable<uint> All => Words.Keys;

    /// <summary>The number that a word says; -1 for none.</summary>
    internal static int Of(uint word) => Words.TryGetValue(word, out var number) ? number : -1;
}
