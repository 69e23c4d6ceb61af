namespace Appliance.Domain.Privacy.Scanning;

/// <summary>Words that recognizers wait for, in a table small enough for the nearest cache: one look at it, and nineteen words of twenty are nobody's.</summary>
internal sealed class WordFilter
{
    private const int Slots = 1 << 14;
    private readonly bool[] _slots = new bool[Slots];

    internal WordFilter(IEnumerable<uint> words)
    {
        foreach (var word in words)
        {
            _slots[word % Slots] = true;
        }
    }

    internal static WordFilter None { get; } = new([]);

    /// <summary>False for words that nobody waits for, but for a few.</summary>
    internal bool MayHave(uint word) => _slots[word % Slots];
}
