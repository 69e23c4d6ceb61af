using Appliance.Models.Families;

namespace Appliance.Models.Generation;

/// <summary>Keeps the likeliest few texts side by side and gives the best at the end.</summary>
/// <remarks>
/// The reference's search: twice as many candidates as beams, so that ended ones cannot crowd out the others; a text's
/// score is its sum of log-probabilities over its written length to the power of the penalty.
/// </remarks>
internal sealed class BeamSearch(Model model, GenerationOptions options)
{
    private sealed record Candidate(double Score, int Beam, int Id);

    /// <summary>The best text without its prompt, and its score.</summary>
    internal (int[] Ids, double Score) Run(int[] prompt, CancellationToken cancellation)
    {
        var beams = options.Beams;
        using var state = new GenerationState(model, null, [.. Enumerable.Repeat(prompt, beams)], options);
        var start = state.Seen[0].Count;
        var sums = Enumerable.Range(0, beams).Select(k => k == 0 ? 0 : -1e9).ToArray(); // all beams start alike: one counts
        var done = new List<(double Score, int[] Ids)>();
        for (var n = 0; n < options.MaxNewTokens; n++)
        {
            cancellation.ThrowIfCancellationRequested();
            var best = Best(state, sums, beams);
            var kept = new List<Candidate>();
            for (var rank = 0; rank < best.Count && kept.Count < beams; rank++)
            {
                var c = best[rank];
                if (!options.EndIds.Contains(c.Id))
                {
                    kept.Add(c);
                }
                else if (rank < beams)
                {
                    Offer(done, c.Score, [.. state.Seen[c.Beam].Skip(start), c.Id], n + 1);
                }
            }
            state.Reorder([.. kept.Select(c => c.Beam)]);
            state.Add([.. kept.Select(c => c.Id)]);
            sums = [.. kept.Select(c => c.Score)];
            if (done.Count == beams && done.Min(d => d.Score) >= Normal(best[0].Score, n + 1))
            {
                return Winner(done);
            }
        }
        for (var k = 0; k < beams; k++)
        {
            var ids = state.Seen[k].Skip(start).ToArray();
            Offer(done, sums[k], ids, ids.Length);
        }
        return Winner(done);
    }

    private List<Candidate> Best(GenerationState state, double[] sums, int beams)
    {
        var all = new List<Candidate>();
        var rows = state.Next();
        for (var k = 0; k < beams; k++)
        {
            var scores = rows[k];
            var top = scores.Max();
            var log = top + (float)Math.Log(scores.Sum(s => Math.Exp(s - top)));
            for (var id = 0; id < scores.Length; id++)
            {
                scores[id] -= log;
            }
            LogitsProcessing.Ban(scores, state.Seen[k], options);
            all.AddRange(scores.Select((s, id) => new Candidate(sums[k] + s, k, id)).OrderByDescending(c => c.Score).Take(2 * beams));
        }
        return [.. all.OrderByDescending(c => c.Score).Take(2 * beams)];
    }

    private void Offer(List<(double Score, int[] Ids)> done, double sum, int[] ids, int length)
    {
        done.Add((Normal(sum, length), ids));
        if (done.Count > options.Beams)
        {
            done.Remove(done.MinBy(d => d.Score));
        }
    }

    private double Normal(double sum, int length) => sum / Math.Pow(length, options.LengthPenalty);

    private static (int[] Ids, double Score) Winner(List<(double Score, int[] Ids)> done)
    {
        var best = done.MaxBy(d => d.Score);
        return (best.Ids, best.Score);
    }
}
