namespace Appliance.Domain.Privacy.Scanning;

/// <summary>Settles where finds overlap: one find that covers all of them, of the kind that is surest. Coverage is never dropped.</summary>
internal static class Overlaps
{
    /// <summary>Why of a number in front of a street that has its own: the building or the box, a part by itself.</summary>
    internal const string Apart = "number before street";

    private const int BetweenMax = 8;

    /// <param name="finds">Sorted in place.</param>
    /// <param name="view">Of the scan.</param>
    /// <returns>How many are left, at the front.</returns>
    internal static int Settle(Span<Found> finds, ReadOnlySpan<byte> view)
    {
        Sort(finds);
        var kept = 0;
        foreach (var next in finds)
        {
            if (kept == 0 || finds[kept - 1].End <= next.Start)
            {
                finds[kept++] = next;
                continue;
            }
            var last = finds[kept - 1];
            finds[kept - 1] = Surer(last, next) with { Start = last.Start, End = Math.Max(last.End, next.End) };
        }
        return Join(finds[..kept], view);
    }

    /// <summary>By where they begin, the longer one first.</summary>
    internal static void Sort(Span<Found> finds) => finds.Sort(static (a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : b.End.CompareTo(a.End));

    // The city, the state and the code behind a street are the end of its address.
    private static int Join(Span<Found> finds, ReadOnlySpan<byte> view)
    {
        var kept = 0;
        foreach (var next in finds)
        {
            if (kept > 0 && next.Type == EntityTypes.Person && finds[kept - 1] is { Type: EntityTypes.Person } name && next.Start - name.End == 1 && view[name.End] == ' ')
            {
                finds[kept - 1] = name with { End = next.End }; // two parts of one name
                continue;
            }
            if (kept > 0 && finds[kept - 1] is { Type: EntityTypes.StreetAddress } last && last.Why is not ("street es" or Apart) && next.Type is EntityTypes.Location or EntityTypes.StreetAddress or "IT_POSTAL_CODE" or "ZIP_CODE"
                && !(BeginsLine(view, last.Start) && view[last.End..next.Start].Contains((byte)'\n')) && next.Start - last.End <= BetweenMax && view[last.End..next.Start].IndexOfAnyExcept(" ,.\n\r>-"u8) < 0)
            {
                finds[kept - 1] = last with { End = next.End };
                continue;
            }
            finds[kept++] = next;
        }
        return kept;
    }

    // Perhaps behind a number that stands apart.
    private static bool BeginsLine(ReadOnlySpan<byte> view, int place)
    {
        while (place > 0 && view[place - 1] is (byte)' ' or (byte)'>' or (byte)'\t' or (>= (byte)'0' and <= (byte)'9'))
        {
            place--;
        }
        return place == 0 || view[place - 1] == '\n';
    }

    // The longer one says what the whole is, unless it is less sure by far: a number inside an address is a part of it.
    private static Found Surer(Found a, Found b) => Weight(b) > Weight(a) ? b : a;

    private static double Weight(Found f) => f.Type == EntityTypes.Secret && f.Score > 0.9 ? 2 : f.Score + (0.3 * Math.Min(1, (f.End - f.Start) / 40.0));
}
