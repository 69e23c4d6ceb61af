using System.Numerics.Tensors;
using Appliance.Models.Adapters;
using Appliance.Models.Families;
using Appliance.Models.Parts;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Models.Generation;

/// <summary>One token of every text of a batch.</summary>
/// <param name="Ids">The padding id for a text that has ended.</param>
/// <param name="Ended">Whether each text has ended with or before this token.</param>
/// <param name="LogProbabilities">How likely each token was before any rule; null unless asked for.</param>
/// <param name="Scores">What each token was chosen from, after all rules, [v] each.</param>
public sealed record GenerationStep(
    IReadOnlyList<int> Ids, IReadOnlyList<bool> Ended, IReadOnlyList<float>? LogProbabilities, IReadOnlyList<float[]> Scores);

/// <summary>Writes text token by token: each token is computed once, and a caller may stop between any two.</summary>
/// <remarks>b = batch, t = tokens, v = vocabulary.</remarks>
public sealed class Generator(Model model, PromptAdapter? prompt = null)
{
    /// <summary>The steps of a batch, as they come.</summary>
    /// <param name="prompts">At least one; none empty.</param>
    /// <exception cref="ArgumentException">Options out of range, or an empty prompt.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two tokens.</exception>
    public IEnumerable<GenerationStep> Stream(IReadOnlyList<int[]> prompts, GenerationOptions options, CancellationToken cancellation)
    {
        options.Check();
        if (prompts.Count == 0 || prompts.Any(p => p.Length == 0))
        {
            throw new ArgumentException("There must be at least one prompt, and each needs at least one token.");
        }
        return Run(prompts, options, cancellation);
    }

    /// <summary>The written tokens of each prompt, without the prompt; ends are kept, padding is not.</summary>
    /// <inheritdoc cref="Stream" path="/exception"/>
    public IReadOnlyList<int[]> Generate(IReadOnlyList<int[]> prompts, GenerationOptions options, CancellationToken cancellation)
    {
        if (options.Beams > 1)
        {
            options.Check();
            return [.. prompts.Select(p => new BeamSearch(model, options).Run(p, cancellation).Ids)];
        }
        var written = prompts.Select(_ => new List<int>()).ToArray();
        var before = new bool[prompts.Count];
        foreach (var step in Stream(prompts, options, cancellation))
        {
            for (var k = 0; k < written.Length; k++)
            {
                if (!before[k])
                {
                    written[k].Add(step.Ids[k]);
                }
            }
            before = [.. step.Ended];
        }
        return [.. written.Select(w => w.ToArray())];
    }

    private IEnumerable<GenerationStep> Run(IReadOnlyList<int[]> prompts, GenerationOptions options, CancellationToken cancellation)
    {
        using var state = new GenerationState(model, prompt, prompts, options);
        var draws = new Random(options.Seed);
        var ended = new bool[prompts.Count];
        for (var n = 0; n < options.MaxNewTokens && !ended.All(e => e); n++)
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = state.Next();
            var likely = options.LogProbabilities ? rows.Select(r => r.ToArray()).ToArray() : null;
            var ids = new int[rows.Length];
            for (var k = 0; k < rows.Length; k++)
            {
                LogitsProcessing.Apply(rows[k], state.Seen[k], options);
                ids[k] = ended[k] ? options.PaddingId : Choose(rows[k], options, draws);
                ended[k] |= options.EndIds.Contains(ids[k]);
            }
            state.Add(ids);
            yield return new GenerationStep(ids, [.. ended], likely?.Select((r, k) => LogProbability(r, ids[k])).ToArray(), rows);
        }
    }

    private static int Choose(float[] scores, GenerationOptions options, Random draws)
    {
        if (!options.Sample)
        {
            return TensorPrimitives.IndexOfMax<float>(scores);
        }
        var shares = LogitsProcessing.Softmax(scores);
        var left = draws.NextDouble() * shares.Sum(s => (double)s);
        for (var k = 0; k < shares.Length; k++)
        {
            left -= shares[k];
            if (left < 0)
            {
                return k;
            }
        }
        return TensorPrimitives.IndexOfMax<float>(shares); // rounding left a crumb
    }

    private static float LogProbability(float[] scores, int id)
    {
        var top = TensorPrimitives.Max<float>(scores);
        return scores[id] - top - MathF.Log(scores.Sum(s => MathF.Exp(s - top)));
    }
}
