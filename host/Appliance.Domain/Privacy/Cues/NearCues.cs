using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Cues;

/// <summary>Whether any word near a place announces anything at all, for places in rising order: each word is looked at once.</summary>
/// <remarks>In long rows of numbers nothing does; then most rules need not be asked.</remarks>
internal struct NearCues
{
    private const int Back = 8, Ahead = 16; // no less than a scan looks at around the longest code
    private int _looked, _last;

    public NearCues() => (_looked, _last) = (-1, -Back - 1);

    internal bool Any(Scan scan, int token)
    {
        var tokens = scan.Tokens;
        var to = Math.Min(tokens.Length - 1, token + Ahead);
        for (var k = Math.Max(_looked + 1, token - Back); k <= to; k++)
        {
            _last = CueLexicon.Of(tokens[k]) == default ? _last : k;
        }
        _looked = Math.Max(_looked, to);
        return _last >= token - Back || scan.Label != default;
    }
}
