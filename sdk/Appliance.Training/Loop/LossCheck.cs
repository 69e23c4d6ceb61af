using System.Globalization;

namespace Appliance.Training;

/// <summary>Ends a run whose loss broke, before its weights reach a checkpoint.</summary>
internal static class LossCheck
{
    internal const int FirstSteps = 5;
    private const double JumpFactor = 3;
    private const double ExplosionFactor = 50;

    /// <exception cref="InvalidDataException">The loss or the gradients are no numbers, or grew out of proportion.</exception>
    internal static void Require(double loss, double norm, RunCounters run, double rate)
    {
        var at = string.Create(CultureInfo.InvariantCulture, $"at step {run.Step + 1} (learning rate {rate:0.0e+0})");
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            var cause = run.Step < FirstSteps ? "so early, the data or the base model hold numbers that are none" : "the learning rate is too high for this model";
            throw new InvalidDataException(
                $"The {(double.IsFinite(loss) ? "gradient" : "loss")} is not a number any more {at}; likely {cause}. Lower learning_rate, raise warmup_ratio, or use precision: fp32. The last checkpoint is kept.");
        }
        if (run.Step >= FirstSteps && loss > ExplosionFactor * Math.Max(1, run.FirstLoss))
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                $"The loss exploded {at}: from {run.FirstLoss:0.00} to {loss:0.00}. Lower learning_rate or set max_grad_norm. The last checkpoint is kept."));
        }
    }

    /// <summary>Whether a loss stands far above those since the last evaluation.</summary>
    internal static bool Jumped(double loss, RunCounters run) => run.LossCount >= FirstSteps && loss > JumpFactor * Math.Max(0.05, run.LossSum / run.LossCount);
}
