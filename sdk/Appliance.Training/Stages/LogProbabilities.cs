using Appliance.Models.Families;
using Appliance.Training.Tasks;
using static TorchSharp.torch;

namespace Appliance.Training.Stages;

/// <summary>How probable a language model finds the labelled tokens.</summary>
/// <remarks>b = batch, t = tokens.</remarks>
internal static class LogProbabilities
{
    /// <summary>[b] summed over each item's labelled tokens.</summary>
    internal static Tensor OfAnswers(Model model, IReadOnlyList<Item> items, Device device)
    {
        var (each, counted) = OfTokens(model, items, device);
        return (each * counted).sum(1);
    }

    /// <summary>[b, t − 1] of each next token, and 1 where it is labelled.</summary>
    internal static (Tensor Logs, Tensor Counted) OfTokens(Model model, IReadOnlyList<Item> items, Device device)
    {
        var logits = model.Answer(Batches.Texts(model, items, device)).Logits!; // [b, t, v] of a language model
        var labels = Batches.TokenLabels(items, device);
        var t = labels.shape[1];
        logits = logits.narrow(1, logits.shape[1] - t, t).narrow(1, 0, t - 1);
        var next = labels.narrow(1, 1, t - 1);
        var counted = next.ne(Item.Ignored);
        var logs = logits.log_softmax(2).gather(2, next.clamp(0).unsqueeze(2)).squeeze(2);
        return (logs, counted.to(ScalarType.Float32));
    }
}
