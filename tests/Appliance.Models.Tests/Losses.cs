using System.Text.Json;
using Appliance.Models.Families;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Tests;

/// <summary>The reference's losses, so that gradients can be compared.</summary>
internal static class Losses
{
    internal static Tensor Of(string className, Expected expected, ModelOutput output, JsonElement config)
    {
        if (output.StartLogits is { } start)
        {
            return (functional.cross_entropy(start, expected["in.start_positions"]) +
                functional.cross_entropy(output.EndLogits!, expected["in.end_positions"])) / 2;
        }
        var labels = expected["in.labels"];
        var logits = output.Logits!;
        if (className == "ElectraForPreTraining")
        {
            var seen = expected["in.attention_mask"].view(-1).to(ScalarType.Float32);
            var each = functional.binary_cross_entropy_with_logits(
                logits.view(-1), labels.view(-1).to(ScalarType.Float32), reduction: Reduction.None);
            return (each * seen).sum() / seen.sum();
        }
        var problem = config.TryGetProperty("problem_type", out var p) ? p.ToString() : "";
        if (problem == "multi_label_classification")
        {
            return functional.binary_cross_entropy_with_logits(logits, labels.to(ScalarType.Float32));
        }
        if (problem == "regression" || (labels.dtype == ScalarType.Float32 && logits.shape[^1] == 1))
        {
            return functional.mse_loss(logits.view(-1), labels.view(-1).to(ScalarType.Float32));
        }
        var causal = className.EndsWith("LMHeadModel", StringComparison.Ordinal) || className.EndsWith("ForCausalLM", StringComparison.Ordinal);
        if (causal)
        {
            var t = logits.shape[1];
            // Learnt vectors before the text have no labels.
            labels = cat([full([labels.shape[0], t - labels.shape[1]], -100, ScalarType.Int64), labels], 1);
            (logits, labels) = (logits.narrow(1, 0, t - 1), labels.narrow(1, 1, t - 1).contiguous());
        }
        return functional.cross_entropy(logits.reshape(-1, logits.shape[^1]), labels.reshape(-1));
    }
}
