using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Appliance.Domain.Privacy.Scanning;

/// <summary>Facts about words, by their hash, in shelves of eight that are looked at together.</summary>
/// <remarks>The shelf and the upper bits of its hash tell a word apart, the lower bits say what it is. Where a shelf is full the next one goes on.</remarks>
internal sealed class WordShelves
{
    /// <summary>How many bits of facts a word has.</summary>
    internal const int FactBits = 17;

    private const int Shelves = 1 << 15;
    private const uint Facts = (1u << FactBits) - 1;

    private readonly uint[] _words = new uint[Shelves * Vector256<uint>.Count];

    /// <summary>The facts; 0 for a word that nobody placed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal uint Of(uint hash)
    {
        for (var shelf = hash % Shelves; ; shelf = (shelf + 1) % Shelves)
        {
            var at = (int)shelf * Vector256<uint>.Count;
            var words = Vector256.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(_words), (nuint)at);
            var here = Vector256.Equals(words & Vector256.Create(~Facts), Vector256.Create(hash & ~Facts)).ExtractMostSignificantBits();
            if (here != 0)
            {
                return _words[at + BitOperations.TrailingZeroCount(here)] & Facts;
            }
            if (words[Vector256<uint>.Count - 1] == 0)
            {
                return 0; // there was room for it
            }
        }
    }

    /// <summary>Where a word's facts stand in the lower bits, to add some; at least one has to be added where there was none.</summary>
    internal ref uint Place(uint hash)
    {
        var at = (int)(hash % Shelves) * Vector256<uint>.Count;
        while (_words[at] != 0 && (_words[at] & ~Facts) != (hash & ~Facts))
        {
            at = (at + 1) % _words.Length;
        }
        _words[at] |= hash & ~Facts;
        return ref _words[at];
    }
}
