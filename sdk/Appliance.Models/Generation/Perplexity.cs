using Appliance.Models.Families;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Generation;

/// <summary>How surprised a model is by a text.</summary>
public static class Perplexity
{
    /// <summary>Mean negative log-likelihood of each token after the first, in nats; perplexity is its exponential.</summary>
    /// <exception cref="ArgumentException">Fewer than two tokens.</exception>
    public static double LossOf(Model model, IReadOnlyList<int> ids)
    {
        if (ids.Count < 2)
        {
            throw new ArgumentException("A text needs two tokens or more to be surprising.");
        }
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var all = tensor([.. ids.Select(i => (long)i)], [1, ids.Count]);
        var logits = model.Forward(new ModelInput { InputIds = all }).Logits!; // language models have them
        return functional.cross_entropy(logits.narrow(1, 0, ids.Count - 1).squeeze(0), all.narrow(1, 1, ids.Count - 1).squeeze(0)).item<float>();
    }
}
