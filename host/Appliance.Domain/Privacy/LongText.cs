using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy;

/// <summary>What pieces of one long text tell each other, so that they are read as the whole would be.</summary>
internal sealed class WholeText
{
    private long _tokens, _capitals;

    /// <summary>Names of people that any piece has shown: they are hidden wherever they return.</summary>
    internal HashSet<uint> People { get; } = [];

    /// <summary>Whether nobody wrote capitals in the whole.</summary>
    internal bool IsSmall => Scan.IsSmallText(_tokens, _capitals);

    /// <summary>The bytes of the piece that are its own; what stands around them belongs to its neighbours.</summary>
    internal (int From, int To) Own { get; set; }

    internal void Count(Scan scan)
    {
        foreach (var token in scan.Tokens)
        {
            if (scan.Text.StartOf(token.Start) is var place && place >= Own.From && place < Own.To)
            {
                _tokens++;
                _capitals += token.Has(Kinds.Capital) ? 1 : 0;
            }
        }
    }
}

/// <summary>Finds in texts of any length, piece by piece with what stands around each: the same as in the whole.</summary>
/// <remarks>
/// 1 cut at line breaks, or blanks where there are none; 2 count capitals in all pieces; 3 look for people in all of them; 4 find, knowing both.
/// A find belongs to the piece in which it begins. Nothing that is found may be longer than what stands around a piece.
/// </remarks>
internal static class LongText
{
    /// <summary>How much of its neighbours each piece sees, in bytes; the longest find is a private key of 16 KiB.</summary>
    internal const int Around = 20 << 10;

    private readonly record struct Piece(int From, int Start, int End, int To);

    /// <param name="find">Finds in one piece and says how many finds stand in the scan.</param>
    /// <param name="pieceBytes">Length of a piece.</param>
    internal static List<Found> Find(ReadOnlyMemory<byte> utf8, int pieceBytes, Scan scan, Func<ReadOnlyMemory<byte>, int> find)
    {
        Piece[] pieces = [.. Cut(utf8, pieceBytes)];
        var (whole, all) = (new WholeText(), new List<Found>());
        foreach (var piece in pieces)
        {
            whole.Own = (piece.Start - piece.From, piece.End - piece.From);
            scan.Read(utf8[piece.From..piece.To], default);
            whole.Count(scan);
        }
        scan.Whole = whole;
        for (var round = 0; round == 0 || (round == 1 && whole.People.Count > 0); round++) // nobody was found: nobody can return
        {
            all.Clear();
            foreach (var piece in pieces)
            {
                whole.Own = (piece.Start - piece.From, piece.End - piece.From);
                var count = find(utf8[piece.From..piece.To]);
                Take(scan, piece, count, all);
            }
        }
        scan.Whole = null;
        return all;
    }

    // The finds that begin in the piece, by their places in the whole; where one of the piece before covers them they join it.
    private static void Take(Scan scan, Piece piece, int count, List<Found> all)
    {
        foreach (var found in scan.Finds[..count])
        {
            var start = piece.From + scan.Text.StartOf(found.Start);
            var end = piece.From + scan.Text.EndOf(found.End);
            if (start < piece.Start || start >= piece.End)
            {
                continue;
            }
            if (all.Count > 0 && all[^1].End > start)
            {
                all[^1] = all[^1] with { End = Math.Max(all[^1].End, end) };
                continue;
            }
            all.Add(found with { Start = start, End = end });
        }
    }

    private static IEnumerable<Piece> Cut(ReadOnlyMemory<byte> utf8, int pieceBytes)
    {
        for (var start = 0; start < utf8.Length;)
        {
            var end = End(utf8.Span, start, pieceBytes);
            yield return new Piece(Whole(utf8.Span, Math.Max(0, start - Around)), start, end, Whole(utf8.Span, Math.Min(utf8.Length, end + Around)));
            start = end;
        }
    }

    private static int End(ReadOnlySpan<byte> utf8, int start, int pieceBytes)
    {
        if (start + pieceBytes >= utf8.Length)
        {
            return utf8.Length;
        }
        var last = utf8.Slice(start + (pieceBytes / 2), pieceBytes / 2);
        var at = last.LastIndexOf((byte)'\n');
        at = at < 0 ? last.LastIndexOf((byte)' ') : at;
        return at < 0 ? Whole(utf8, start + pieceBytes) : start + (pieceBytes / 2) + at + 1;
    }

    // Back to where a character begins.
    private static int Whole(ReadOnlySpan<byte> utf8, int at)
    {
        while (at > 0 && at < utf8.Length && (utf8[at] & 0xC0) == 0x80)
        {
            at--;
        }
        return at;
    }
}
