namespace Appliance.Domain.Privacy.Scanning;

/// <summary>Up to eight groups of words in a table small enough for the nearest cache: two looks at it, and ninety-nine words of a hundred are nobody's.</summary>
/// <remarks>Source: B. Bloom, Space/Time Trade-offs in Hash Coding with Allowable Errors (1970), with two places a word.</remarks>
internal sealed class WordFilter
{
    private const int SlotBits = 14, Slots = 1 << SlotBits, GroupsMax = 8;
    private readonly byte[] _slots = new byte[Slots];

    /// <param name="groups">The words of each group; its bit is its place.</param>
    internal WordFilter(params IReadOnlyList<IEnumerable<uint>> groups)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(groups.Count, GroupsMax);
        foreach (var (group, words) in groups.Index())
        {
            foreach (var word in words)
            {
                _slots[word % Slots] |= (byte)(1 << group);
                _slots[(word >> SlotBits) % Slots] |= (byte)(1 << group);
            }
        }
    }

    internal static WordFilter None { get; } = new([]);

    /// <summary>False for words that are in no group, but for a few.</summary>
    internal bool MayHave(uint word) => Of(word) != 0;

    /// <summary>The groups that a word may be in, as bits.</summary>
    internal int Of(uint word) => _slots[word % Slots] & _slots[(word >> SlotBits) % Slots];
}
