using System.Globalization;

namespace Appliance.Training;

/// <summary>Says in words what the curves of a run mean, with the numbers behind each sentence.</summary>
internal static class Verdict
{
    private const double Rise = 1.05; // a validation loss this much above its lowest has turned
    private const double Learnt = 0.95; // a training loss still above this share of the first has hardly moved
    private const int FewPerClass = 50;
    private const double Lost = 0.02;

    internal static IReadOnlyList<string> Of(RunCounters run, int examples, int classes, double? oldAfter)
    {
        var said = new List<string>();
        var points = run.Evaluations;
        var (last, lowest) = points.Count == 0 ? (null, null) : (points[^1], points.MinBy(p => p.ValidationLoss));
        if (last is not null && lowest is not null && last.ValidationLoss > Rise * lowest.ValidationLoss && last.TrainLoss < lowest.TrainLoss)
        {
            said.Add(Text($"Over-fitting: the validation loss was lowest at step {lowest.Step} ({lowest.ValidationLoss:0.000}) and ended at {last.ValidationLoss:0.000}, while the training loss fell from {lowest.TrainLoss:0.000} to {last.TrainLoss:0.000}. Train for fewer epochs, or raise dropout or weight_decay."));
        }
        if (last is not null && last.TrainLoss > Learnt * run.FirstLoss)
        {
            said.Add(Text($"Under-fitting: the training loss began at {run.FirstLoss:0.000} and ended at {last.TrainLoss:0.000}. Raise learning_rate or num_train_epochs, or let more weights learn."));
        }
        if (classes > 0 && examples < FewPerClass * classes)
        {
            said.Add(Text($"Too little data: {examples} training examples for {classes} classes; below {FewPerClass} a class, results depend on chance. Label more."));
        }
        if (run.Step > 0 && run.Jumps > Math.Max(2, run.Step / 50))
        {
            said.Add(Text($"Unstable: in {run.Jumps} of {run.Step} steps the loss was more than three times its mean. Lower learning_rate, or raise warmup_ratio or the batch size."));
        }
        if (run.OldBefore is { } before && oldAfter is { } after && after < before - Lost)
        {
            said.Add(Text($"Forgetting: old examples were answered at {before:0.000} before the run and at {after:0.000} after it. Use forgetting: replay or ewc, or a method that leaves the base alone, such as lora."));
        }
        if (said.Count == 0)
        {
            said.Add(last is null ? "No evaluation was made." : Text($"Sound: the training loss fell from {run.FirstLoss:0.000} to {last.TrainLoss:0.000}, the validation loss is {last.ValidationLoss:0.000}."));
        }
        return said;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
