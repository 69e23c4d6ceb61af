using Appliance.Models.Generation;
using Appliance.Models.Tokenizers;

namespace Appliance.Models.Answering;

/// <param name="Start">First UTF-16 code unit in the context.</param>
/// <param name="End">One past the last.</param>
/// <param name="Score">Probability of the start times that of the end, 0 to 1.</param>
public sealed record FoundAnswer(string Text, float Score, int Start, int End);

/// <summary>The passage of a context that answers a question.</summary>
/// <remarks>
/// A long context is read in windows that overlap by <c>stride</c>. Scores are the reference's: probabilities over all
/// tokens, those outside of the context pushed out, the first token's set to nothing.
/// </remarks>
public sealed class AnswerFinder(TextModel model)
{
    private const float Outside = -10_000;

    /// <param name="count">How many answers, best first.</param>
    /// <param name="tokensMax">Tokens of an answer at the most.</param>
    /// <param name="lengthMax">Tokens of a window at the most, at most the model's.</param>
    /// <param name="stride">Tokens that neighbouring windows share.</param>
    public IReadOnlyList<FoundAnswer> Find(string question, string context, int count = 1, int tokensMax = 15, int lengthMax = 384, int stride = 128)
    {
        var truncation = new Truncation(Math.Min(lengthMax, model.LengthMax), stride, TruncationStrategy.OnlySecond);
        var first = model.Tokenizer.Encode(question, context, truncation: truncation);
        IReadOnlyList<TokenEncoding> windows = [first with { Overflowing = [] }, .. first.Overflowing];
        var found = new List<FoundAnswer>();
        model.Run(windows, (output, rows, _) =>
        {
            for (var r = 0; r < rows.Count; r++)
            {
                var tokens = windows[rows[r]].Tokens;
                var start = output.StartLogits!.select(0, r).data<float>().ToArray()[..tokens.Count]; // span models have both
                var end = output.EndLogits!.select(0, r).data<float>().ToArray()[..tokens.Count];
                found.AddRange(Spans(tokens, Shares(tokens, start), Shares(tokens, end), count, tokensMax)
                    .Select(s => new FoundAnswer(context[tokens[s.From].Start..tokens[s.To].End], s.Score, tokens[s.From].Start, tokens[s.To].End)));
            }
        });
        return [.. found.OrderByDescending(a => a.Score).DistinctBy(a => (a.Start, a.End)).Take(count)];
    }

    private static float[] Shares(IReadOnlyList<EncodedToken> tokens, float[] logits)
    {
        for (var k = 0; k < logits.Length; k++)
        {
            logits[k] = tokens[k].Sequence == 1 || k == 0 ? logits[k] : Outside; // the first token may win, and is then no answer
        }
        var shares = LogitsProcessing.Softmax(logits);
        shares[0] = 0;
        return shares;
    }

    private static IEnumerable<(int From, int To, float Score)> Spans(
        IReadOnlyList<EncodedToken> tokens, float[] start, float[] end, int count, int tokensMax)
    {
        var all = new List<(int From, int To, float Score)>();
        for (var a = 0; a < start.Length; a++)
        {
            for (var b = a; tokens[a].Sequence == 1 && b < Math.Min(end.Length, a + tokensMax) && tokens[b].Sequence == 1; b++)
            {
                all.Add((a, b, start[a] * end[b]));
            }
        }
        return all.OrderByDescending(s => s.Score).Take(count);
    }
}
