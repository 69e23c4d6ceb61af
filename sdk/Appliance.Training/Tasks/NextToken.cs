using Appliance.Models.Families;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>A causal model's scores against the tokens that follow.</summary>
/// <remarks>b = batch, t = tokens, v = vocabulary.</remarks>
internal static class NextToken
{
    // [n, v] scores and [n] labels, n = b · (t − 1)
    internal static (Tensor Scores, Tensor Labels) Scored(Model model, ModelInput input, IReadOnlyList<Item> batch, Device device)
    {
        var labels = Batches.TokenLabels(batch, device);
        var t = labels.shape[1];
        var logits = Own(model.Answer(input).Logits!, t).narrow(1, 0, t - 1); // language models make scores
        return (logits.reshape(-1, logits.shape[2]), labels.narrow(1, 1, t - 1).reshape(-1));
    }

    // Learnt vectors before the text have no labels: [b, n + t, v] → [b, t, v].
    internal static Tensor Own(Tensor logits, long t) => logits.narrow(1, logits.shape[1] - t, t);

    /// <summary>How many tokens of a batch count.</summary>
    internal static double Units(IReadOnlyList<Item> batch) => Math.Max(1, batch.Sum(i => i.Labels!.Skip(1).Count(l => l != Item.Ignored))); // causal items have labels
}
