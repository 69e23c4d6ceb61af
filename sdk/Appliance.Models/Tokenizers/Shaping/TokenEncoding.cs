namespace Appliance.Models.Tokenizers;

/// <summary>Where a token stands in the text that was given.</summary>
/// <param name="Start">First UTF-16 code unit of the original text.</param>
/// <param name="End">One past the last; equal to the start for tokens that stand for no text.</param>
/// <param name="Word">Number of the word that it is part of; −1 for special tokens.</param>
/// <param name="Sequence">0 for the text, 1 for its pair, −1 for special tokens and padding.</param>
public readonly record struct EncodedToken(int Id, int Start, int End, int Word, int Sequence, int TypeId, bool Special, bool Attended)
{
    /// <summary>Blanks that the token begins and ends with, for offsets without them.</summary>
    internal byte Leading { get; init; }

    internal byte Trailing { get; init; }

    /// <summary>An added token, found in the text itself.</summary>
    internal bool Whole { get; init; }
}

/// <summary>A text as tokens, ready for a model, and what did not fit as further windows.</summary>
public sealed record TokenEncoding(IReadOnlyList<EncodedToken> Tokens)
{
    /// <summary>The windows after this one, where a stride was asked for or the text was cut.</summary>
    public IReadOnlyList<TokenEncoding> Overflowing { get; init; } = [];

    public int[] Ids => [.. Tokens.Select(t => t.Id)];

    public int[] TypeIds => [.. Tokens.Select(t => t.TypeId)];

    public int[] AttentionMask => [.. Tokens.Select(t => t.Attended ? 1 : 0)];

    /// <summary>Both, one after the other; every window of one with every window of the other.</summary>
    internal TokenEncoding With(TokenEncoding other)
    {
        var windows = new List<TokenEncoding>();
        var last = other with { Overflowing = [] };
        foreach (var mine in Overflowing)
        {
            windows.Add(mine.With(last));
            windows.AddRange(other.Overflowing.Select(mine.With));
        }
        var alone = this with { Overflowing = [] };
        windows.AddRange(other.Overflowing.Select(alone.With));
        return new TokenEncoding([.. Tokens, .. other.Tokens]) { Overflowing = windows };
    }

    internal TokenEncoding Change(Func<EncodedToken, int, EncodedToken> change) => new([.. Tokens.Select(change)])
    {
        Overflowing = [.. Overflowing.Select(o => o.Change(change))],
    };
}

/// <summary>Which of two texts gives way when both do not fit.</summary>
public enum TruncationStrategy
{
    LongestFirst,
    OnlyFirst,
    OnlySecond,
}

/// <summary>How a text is cut.</summary>
/// <param name="LengthMax">Tokens in all, special ones included.</param>
/// <param name="Stride">Tokens that neighbouring windows share.</param>
/// <param name="Left">Cut at the beginning and keep the end.</param>
/// <param name="StopsReading">
/// Words after <paramref name="LengthMax"/> tokens are not read at all, so that later windows are missing: what the
/// reference does since 0.23 to save time. Default false: every window is made, and no answer is lost.
/// </param>
public sealed record Truncation(
    int LengthMax, int Stride = 0, TruncationStrategy Strategy = TruncationStrategy.LongestFirst, bool Left = false, bool StopsReading = false)
{
    /// <summary>The words of one text that are read at all.</summary>
    internal TokenEncoding Read(TokenEncoding text, bool isFirst)
    {
        if (!StopsReading || (Strategy == TruncationStrategy.OnlySecond && isFirst))
        {
            return text;
        }
        var words = text.Tokens.GroupBy(t => t.Word).Select(g => g.ToArray()).ToArray();
        var (total, kept) = (0, new List<EncodedToken[]>());
        foreach (var word in Left ? words.Reverse() : words)
        {
            total += word.Length;
            kept.Add(word);
            if (total >= LengthMax && !word[0].Whole)
            {
                break;
            }
        }
        return new TokenEncoding([.. (Left ? Enumerable.Reverse(kept) : kept).SelectMany(w => w)]);
    }

    /// <exception cref="ArgumentException">The text that should give way is too short, or the stride is not below the room.</exception>
    internal (TokenEncoding First, TokenEncoding? Second) Apply(TokenEncoding first, TokenEncoding? second, int special)
    {
        var room = Math.Max(0, LengthMax - special);
        var (n1, n2) = (first.Tokens.Count, second?.Tokens.Count ?? 0);
        if (n1 + n2 <= room)
        {
            return (first, second);
        }
        if (room == 0)
        {
            return (Cut(first, 0), second is null ? null : Cut(second, 0));
        }
        var over = n1 + n2 - room;
        switch (Strategy)
        {
            case TruncationStrategy.LongestFirst when second is not null:
                (n1, n2) = Shares(n1, n2, room);
                return (Cut(first, n1), Cut(second, n2));
            case TruncationStrategy.OnlySecond when second is null || n2 <= over:
            case TruncationStrategy.OnlyFirst when n1 <= over:
                throw new ArgumentException($"The text that should be cut has too few tokens for max_length {LengthMax}.");
            case TruncationStrategy.OnlySecond:
                return (first, Cut(second, n2 - over));
            default:
                return (Cut(first, n1 - over), second);
        }
    }

    // The shorter keeps all if the longer can give way alone; else both get half.
    private static (int First, int Second) Shares(int n1, int n2, int room)
    {
        var (small, large) = (Math.Min(n1, n2), Math.Max(n1, n2));
        var swap = n1 > n2;
        large = small > room ? small : Math.Max(small, room - small);
        if (small + large > room)
        {
            (small, large) = (room / 2, (room / 2) + (room % 2));
        }
        return swap ? (large, small) : (small, large);
    }

    private TokenEncoding Cut(TokenEncoding whole, int length)
    {
        var n = whole.Tokens.Count;
        if (length >= n)
        {
            return whole;
        }
        if (length == 0)
        {
            return new TokenEncoding([]) { Overflowing = [whole] };
        }
        if (Stride >= length)
        {
            throw new ArgumentException($"stride {Stride} must be below the {length} tokens that a window has room for.");
        }
        var windows = new List<TokenEncoding>();
        var step = length - Stride;
        for (var k = 0; ; k += step)
        {
            var (from, to) = Left ? (Math.Max(0, n - k - length), n - k) : (k, Math.Min(k + length, n));
            windows.Add(new TokenEncoding([.. whole.Tokens.Skip(from).Take(to - from)]));
            if (Left ? from == 0 : to == n)
            {
                break;
            }
        }
        return windows[0] with { Overflowing = windows[1..] };
    }
}

/// <summary>How short texts are filled up.</summary>
/// <param name="Length">Tokens at least; null for the longest of the batch.</param>
/// <param name="MultipleOf">Rounded up to a multiple; 0 for none.</param>
public sealed record Padding(int? Length, int PadId = 0, int PadTypeId = 0, bool Left = false, int MultipleOf = 0)
{
    internal TokenEncoding Apply(TokenEncoding encoding, int longest)
    {
        var length = Length ?? longest;
        length = MultipleOf > 0 && length % MultipleOf > 0 ? length + MultipleOf - (length % MultipleOf) : length;
        var fill = Enumerable.Repeat(new EncodedToken(PadId, 0, 0, -1, -1, PadTypeId, true, false), Math.Max(0, length - encoding.Tokens.Count));
        return new TokenEncoding(Left ? [.. fill, .. encoding.Tokens] : [.. encoding.Tokens, .. fill])
        {
            Overflowing = [.. encoding.Overflowing.Select(o => Apply(o, longest))],
        };
    }
}
