namespace Appliance.Domain.Privacy.Scanning;

/// <summary>What a web address carries in its path or query is a find of its own: <c>https://x.example/users/RSSMRA85T10A562S/edit</c>. The address around it stays one, in pieces.</summary>
internal static class Carried
{
    private const float Sure = 0.6f;

    /// <summary>Cuts every address at what it carries; sorts the finds where there is any.</summary>
    internal static void Split(Scan scan)
    {
        var addresses = false;
        foreach (var find in scan.Finds)
        {
            addresses |= find.Type == EntityTypes.Url;
        }
        if (!addresses)
        {
            return;
        }
        Overlaps.Sort(scan.Finds);
        var (count, done) = (scan.FoundCount, 0);
        for (var k = 0; k < count; k++)
        {
            if (scan.Finds[k] is { Type: EntityTypes.Url } address && address.Start >= done)
            {
                done = address.End;
                Split(scan, k, count);
            }
        }
    }

    // The piece in front of the first stays where the address stood, the others go to the end; all are sorted again when overlaps are settled.
    private static void Split(Scan scan, int at, int count)
    {
        var whole = scan.Finds[at];
        var (path, cut) = (Path(scan.View, whole), 0);
        for (var k = at + 1; k < count && scan.Finds[k].Start < whole.End; k++)
        {
            var inside = scan.Finds[k];
            if (inside.Type == EntityTypes.Url && inside.End <= whole.End)
            {
                scan.Finds[k] = whole with { End = path }; // an address within it is a part of it
            }
            if (inside.Start < path || inside.End > whole.End || inside.Score < Sure || !StandsAlone(inside.Type))
            {
                continue;
            }
            if (cut == 0)
            {
                scan.Finds[at] = whole with { End = inside.Start };
            }
            else if (inside.Start > cut)
            {
                scan.Add(whole.Type, cut, inside.Start, whole.Score, whole.Why);
            }
            cut = Math.Max(cut, inside.End);
        }
        if (cut > 0 && cut < whole.End)
        {
            scan.Add(whole.Type, cut, whole.End, whole.Score, whole.Why);
        }
    }

    // Behind the name of the host; what stands in that is the address itself.
    private static int Path(ReadOnlySpan<byte> view, Found address)
    {
        var scheme = view[address.Start..address.End].IndexOf("://"u8);
        var from = address.Start + (scheme < 0 ? 0 : scheme + 3);
        var path = view[from..address.End].IndexOfAny((byte)'/', (byte)'?', (byte)'#');
        return path < 0 ? address.End : from + path + 1;
    }

    // A date or a number of a page names nobody there.
    private static bool StandsAlone(string type) => type is not (EntityTypes.Url or EntityTypes.Secret or EntityTypes.Person or EntityTypes.Location or EntityTypes.Organization or EntityTypes.StreetAddress
        or EntityTypes.Date or EntityTypes.Uuid or EntityTypes.Username or EntityTypes.Coordinates);
}
