using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>An address with a blank behind every character: <c>m a r i o @ e x a m p l e . i t</c>.</summary>
internal static class SpelledEmail
{
    private const int CharactersMax = 64, SideMin = 3;

    /// <summary>Where it stands around the sign; nothing where there is none with a known last label.</summary>
    internal static (int Start, int Length) Around(ReadOnlySpan<byte> view, int at)
    {
        var (start, end) = (Reach(view, at, -1), Reach(view, at, 1));
        if (at - start < 2 * SideMin || end - at < 2 * SideMin)
        {
            return default;
        }
        Span<byte> domain = stackalloc byte[CharactersMax];
        var length = 0;
        for (var k = at + 2; k <= end; k += 2)
        {
            domain[length++] = view[k];
        }
        var dot = domain[..length].LastIndexOf((byte)'.');
        return dot > 0 && Domains.IsTop(domain[(dot + 1)..length]) ? (start, end + 1 - start) : default;
    }

    // The last of the single characters on one side, each a blank apart.
    private static int Reach(ReadOnlySpan<byte> view, int at, int step)
    {
        var here = at;
        for (var n = 0; n < CharactersMax - 1 && Bytes.At(view, here + step) == ' ' && IsPart(Bytes.At(view, here + (2 * step))) && !Bytes.IsWord(Bytes.At(view, here + (3 * step))); n++)
        {
            here += 2 * step;
        }
        return here;
    }

    private static bool IsPart(byte b) => Bytes.IsWord(b) || b is (byte)'.' or (byte)'_' or (byte)'-';
}
