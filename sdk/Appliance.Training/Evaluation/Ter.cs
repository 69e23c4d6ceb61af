using Appliance.Sdk.Scoring;

namespace Appliance.Training.Evaluation;

/// <summary>Translation edit rate: insertions, deletions, changed words and moved phrases, per reference word, as sacrebleu 2.3.</summary>
/// <remarks>Source: Snover et al. (2006). Greedy search for moves; case does not count.</remarks>
public static class Ter
{
    private const int CandidatesMax = 1000, MoveMax = 10, DistanceMax = 50;

    private enum Edit
    {
        Same,
        Change,
        Insert,
        Delete,
    }

    /// <returns>Per cent, over all texts; of several references the nearest counts, over their mean length.</returns>
    public static double Of(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references)
    {
        var (edits, words) = (0.0, 0.0);
        for (var k = 0; k < hypotheses.Count; k++)
        {
            var own = Ngrams.Words(hypotheses[k].ToLowerInvariant());
            var others = references.Select(r => Ngrams.Words(r[k].ToLowerInvariant())).ToArray();
            edits += others.Min(o => Edits(own, o));
            words += others.Average(o => o.Length);
        }
        return words > 0 ? 100 * edits / words : edits > 0 ? 100 : 0;
    }

    private static int Edits(string[] own, string[] other)
    {
        var (moves, tried) = (0, 0);
        while (Move(own, other, ref tried) is { } better && tried < CandidatesMax)
        {
            own = better;
            moves++;
        }
        return moves + Distance(own, other).Cost;
    }

    // The move that saves most; null where none saves anything.
    private static string[]? Move(string[] own, string[] other, ref int tried)
    {
        var (before, path) = Distance(own, other);
        var (place, ownWrong, otherWrong) = Aligned(path);
        (int Saved, int Length, int Start, int To, string[] Words)? best = null;
        foreach (var (start, from, length) in Phrases(own, other))
        {
            if (!ownWrong.Skip(start).Take(length).Contains(true) || !otherWrong.Skip(from).Take(length).Contains(true)
                || (place[from] >= start && place[from] < start + length))
            {
                continue;
            }
            var last = -1;
            for (var offset = -1; offset < length; offset++)
            {
                if (from + offset >= 0 && !place.ContainsKey(from + offset))
                {
                    break;
                }
                var to = from + offset < 0 ? 0 : place[from + offset] + 1;
                if (to == last)
                {
                    continue;
                }
                last = to;
                var moved = Moved(own, start, length, to);
                var candidate = (before - Distance(moved, other).Cost, length, -start, -to, moved);
                tried++;
                if (best is not { } b || Compare((candidate.Item1, candidate.length, candidate.Item3, candidate.Item4), (b.Saved, b.Length, b.Start, b.To)) > 0)
                {
                    best = candidate;
                }
            }
            if (tried >= CandidatesMax)
            {
                break;
            }
        }
        return best is { Saved: > 0 } found ? found.Words : null;
    }

    private static int Compare((int, int, int, int) a, (int, int, int, int) b) => Comparer<(int, int, int, int)>.Default.Compare(a, b);

    private static IEnumerable<(int Start, int From, int Length)> Phrases(string[] own, string[] other)
    {
        for (var start = 0; start < own.Length; start++)
        {
            for (var from = 0; from < other.Length; from++)
            {
                if (Math.Abs(from - start) > DistanceMax)
                {
                    continue;
                }
                for (var length = 0; length < MoveMax && own[start + length] == other[from + length];)
                {
                    length++;
                    yield return (start, from, length);
                    if (own.Length == start + length || other.Length == from + length)
                    {
                        break;
                    }
                }
            }
        }
    }

    private static string[] Moved(string[] words, int start, int length, int to)
    {
        var phrase = words[start..(start + length)];
        return to < start ? [.. words[..to], .. phrase, .. words[to..start], .. words[(start + length)..]]
            : to > start + length ? [.. words[..start], .. words[(start + length)..to], .. phrase, .. words[to..]]
            : [.. words[..start], .. words[(start + length)..Math.Min(words.Length, length + to)], .. phrase, .. words[Math.Min(words.Length, length + to)..]];
    }

    // Of equal ways: same or changed words first, then deletions, then insertions, seen from the text.
    private static (int Cost, Edit[] Path) Distance(string[] own, string[] other)
    {
        var cost = new int[own.Length + 1, other.Length + 1];
        var way = new Edit[own.Length + 1, other.Length + 1];
        for (var i = 0; i <= own.Length; i++)
        {
            for (var j = 0; j <= other.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    (cost[i, j], way[i, j]) = (i + j, i == 0 ? Edit.Insert : Edit.Delete);
                    continue;
                }
                var same = own[i - 1] == other[j - 1];
                (cost[i, j], way[i, j]) = (cost[i - 1, j - 1] + (same ? 0 : 1), same ? Edit.Same : Edit.Change);
                if (cost[i - 1, j] + 1 < cost[i, j])
                {
                    (cost[i, j], way[i, j]) = (cost[i - 1, j] + 1, Edit.Delete);
                }
                if (cost[i, j - 1] + 1 < cost[i, j])
                {
                    (cost[i, j], way[i, j]) = (cost[i, j - 1] + 1, Edit.Insert);
                }
            }
        }
        var path = new List<Edit>();
        for (var (i, j) = (own.Length, other.Length); i > 0 || j > 0;)
        {
            var edit = way[i, j];
            path.Add(edit);
            i -= edit == Edit.Insert ? 0 : 1;
            j -= edit == Edit.Delete ? 0 : 1;
        }
        path.Reverse();
        return (cost[own.Length, other.Length], [.. path]);
    }

    private static (Dictionary<int, int> Place, List<bool> OwnWrong, List<bool> OtherWrong) Aligned(Edit[] path)
    {
        var (place, ownWrong, otherWrong) = (new Dictionary<int, int>(), new List<bool>(), new List<bool>());
        foreach (var edit in path)
        {
            if (edit != Edit.Insert)
            {
                ownWrong.Add(edit != Edit.Same);
            }
            if (edit != Edit.Delete)
            {
                otherWrong.Add(edit != Edit.Same);
                place[otherWrong.Count - 1] = ownWrong.Count - 1;
            }
        }
        return (place, ownWrong, otherWrong);
    }
}
