using System.Numerics.Tensors;

namespace Appliance.Models.Generation;

/// <summary>Changes one row of scores before a token is chosen; what is ruled out becomes −∞.</summary>
/// <remarks>
/// The rules and their order are the reference's: penalties and bans first, then temperature and the cuts. Float32
/// throughout, so that a token at the edge of a cut falls on the same side. v = vocabulary.
/// </remarks>
public static class LogitsProcessing
{
    /// <summary>Everything that the options ask for, in order.</summary>
    /// <param name="scores">[v], changed in place.</param>
    /// <param name="seen">Tokens before, prompt included.</param>
    public static void Apply(Span<float> scores, IReadOnlyList<int> seen, GenerationOptions options)
    {
        Ban(scores, seen, options);
        if (options.Sample)
        {
            Cut(scores, options);
        }
    }

    /// <summary>What holds with and without sampling.</summary>
    public static void Ban(Span<float> scores, IReadOnlyList<int> seen, GenerationOptions options)
    {
        if (options.RepetitionPenalty != 1)
        {
            Penalise(scores, seen, (float)options.RepetitionPenalty);
        }
        if (options.NoRepeatNgramSize > 0)
        {
            BanRuns(scores, seen, options.NoRepeatNgramSize);
        }
        foreach (var word in options.BadWords)
        {
            BanWord(scores, seen, word);
        }
        if (seen.Count < options.MinLength)
        {
            foreach (var end in options.EndIds)
            {
                scores[end] = float.NegativeInfinity;
            }
        }
    }

    /// <summary>What shapes the draw.</summary>
    public static void Cut(Span<float> scores, GenerationOptions options)
    {
        if (options.Temperature != 1)
        {
            TensorPrimitives.Divide(scores, (float)options.Temperature, scores);
        }
        if (options.TopK > 0 && options.TopK < scores.Length)
        {
            TopK(scores, options.TopK);
        }
        if (options.TopP < 1)
        {
            TopP(scores, options.TopP);
        }
        if (options.MinP > 0)
        {
            Unlikely(scores, (p, top) => p < options.MinP * top);
        }
        if (options.TypicalP < 1)
        {
            Typical(scores, options.TypicalP);
        }
        if (options.EpsilonCutoff > 0)
        {
            Unlikely(scores, (p, _) => p < options.EpsilonCutoff);
        }
    }

    private static void Penalise(Span<float> scores, IReadOnlyList<int> seen, float penalty)
    {
        foreach (var id in seen.Distinct())
        {
            scores[id] = scores[id] < 0 ? scores[id] * penalty : scores[id] / penalty;
        }
    }

    // The n − 1 last tokens have stood before: whatever followed them then may not follow now.
    private static void BanRuns(Span<float> scores, IReadOnlyList<int> seen, int n)
    {
        for (var at = 0; at + n <= seen.Count; at++)
        {
            var same = true;
            for (var k = 0; k < n - 1 && same; k++)
            {
                same = seen[at + k] == seen[seen.Count - n + 1 + k];
            }
            if (same)
            {
                scores[seen[at + n - 1]] = float.NegativeInfinity;
            }
        }
    }

    private static void BanWord(Span<float> scores, IReadOnlyList<int> seen, int[] word)
    {
        if (word.Length == 0 || word.Length > seen.Count + 1)
        {
            return;
        }
        for (var k = 0; k < word.Length - 1; k++)
        {
            if (seen[seen.Count - word.Length + 1 + k] != word[k])
            {
                return;
            }
        }
        scores[word[^1]] = float.NegativeInfinity;
    }

    // Equal scores at the edge all stay, as in the reference.
    private static void TopK(Span<float> scores, int k)
    {
        var sorted = scores.ToArray();
        Array.Sort(sorted);
        var least = sorted[^k];
        foreach (ref var score in scores)
        {
            score = score < least ? float.NegativeInfinity : score;
        }
    }

    // From the least likely up: dropped while their share together is at most 1 − p; the likeliest always stays.
    private static void TopP(Span<float> scores, double p)
    {
        var (values, order) = Sorted(scores);
        var shares = Softmax(values);
        var sum = 0f;
        for (var k = 0; k < order.Length - 1; k++)
        {
            sum += shares[k];
            if (sum > (float)(1 - p))
            {
                break;
            }
            scores[order[k]] = float.NegativeInfinity;
        }
    }

    // Nearest to the entropy first, until they have the share together.
    private static void Typical(Span<float> scores, double share)
    {
        var shares = Softmax(scores);
        var surprise = shares.Select(p => -MathF.Log(p)).ToArray();
        var entropy = 0f;
        for (var k = 0; k < shares.Length; k++)
        {
            entropy += shares[k] > 0 ? shares[k] * surprise[k] : 0;
        }
        var distance = surprise.Select(s => MathF.Abs(s - entropy)).ToArray();
        var order = Enumerable.Range(0, shares.Length).OrderBy(k => distance[k]).ToArray();
        var (sum, last) = (0f, order.Length - 1);
        for (var k = 0; k < order.Length; k++)
        {
            sum += shares[order[k]];
            if (!(sum < (float)share))
            {
                last = k;
                break;
            }
        }
        var most = distance[order[last]];
        for (var k = 0; k < shares.Length; k++)
        {
            scores[k] = distance[k] > most ? float.NegativeInfinity : scores[k];
        }
    }

    private static void Unlikely(Span<float> scores, Func<float, float, bool> drop)
    {
        var shares = Softmax(scores);
        var (top, best) = (TensorPrimitives.Max<float>(shares), TensorPrimitives.Max<float>(scores));
        for (var k = 0; k < shares.Length; k++)
        {
            scores[k] = drop(shares[k], top) && scores[k] < best ? float.NegativeInfinity : scores[k];
        }
    }

    /// <summary>Shares that together make 1, shifted by the maximum so that nothing overflows.</summary>
    public static float[] Softmax(ReadOnlySpan<float> scores)
    {
        var shares = new float[scores.Length];
        TensorPrimitives.Subtract(scores, TensorPrimitives.Max(scores), shares);
        TensorPrimitives.Exp(shares, shares);
        TensorPrimitives.Divide(shares, TensorPrimitives.Sum<float>(shares), shares);
        return shares;
    }

    private static (float[] Values, int[] Order) Sorted(ReadOnlySpan<float> scores)
    {
        var (values, order) = (scores.ToArray(), Enumerable.Range(0, scores.Length).ToArray());
        Array.Sort(values, order);
        return (values, order);
    }
}
