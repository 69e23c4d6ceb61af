using Appliance.Sdk.Plugins;

namespace Appliance.Domain.Privacy;

/// <summary>Which stretch of a redacted text stands for which of the original, and back. Holds numbers only.</summary>
/// <remarks>A stretch that touches something replaced grows to cover it whole: half a token is nothing.</remarks>
public sealed class PlaceMap(IReadOnlyList<PlaceMap.Replaced> replaced)
{
    /// <summary>A stretch of the original, and what took its place.</summary>
    public readonly record struct Replaced(int From, int To, int NewFrom, int NewTo);

    /// <summary>Nothing was replaced.</summary>
    public static PlaceMap Same { get; } = new([]);

    /// <summary>Where a stretch of the original is now; null where nothing of it is left.</summary>
    public TextSpan? ToRedacted(TextSpan span) => Moved(span, [.. replaced]);

    /// <summary>Where a stretch of the redacted text was; null where it stands for nothing.</summary>
    public TextSpan? ToOriginal(TextSpan span) => Moved(span, [.. replaced.Select(r => new Replaced(r.NewFrom, r.NewTo, r.From, r.To))]);

    private static TextSpan? Moved(TextSpan span, Replaced[] map)
    {
        var start = Place(span.Start, map, first: true);
        var end = Place(span.End, map, first: false);
        return start < end ? span with { Start = start, End = end } : null;
    }

    private static int Place(int place, Replaced[] map, bool first)
    {
        var shift = 0;
        foreach (var r in map)
        {
            if (first ? place < r.From : place <= r.From)
            {
                break;
            }
            if (first ? place < r.To : place <= r.To)
            {
                return first ? r.NewFrom : r.NewTo;
            }
            shift = r.NewTo - r.To;
        }
        return place + shift;
    }
}
