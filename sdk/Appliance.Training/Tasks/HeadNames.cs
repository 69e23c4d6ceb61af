namespace Appliance.Training.Tasks;

/// <summary>How the families' checkpoints call what stands on the base; these tensors may be new, and every method trains them.</summary>
internal static class HeadNames
{
    private static readonly string[] Starts =
    [
        "classifier.", "qa_outputs.", "score.", "pre_classifier.", "fc.", "linear.", "cls_classifier.", "distillation_classifier.",
        "conv_logits.", "52.Logits.",
    ];

    internal static bool Holds(string parameter) => Array.Exists(Starts, s => parameter.StartsWith(s, StringComparison.Ordinal));
}
