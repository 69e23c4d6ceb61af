using Appliance.Sdk.Recipes;

namespace Appliance.Training;

/// <summary>How large each step is.</summary>
/// <remarks>Formulas as in transformers 4.40 (optimization.py) and, for one-cycle, torch's OneCycleLR with its defaults.</remarks>
public sealed record Schedule(RateSchedule Kind, double Peak, long WarmupSteps, long TotalSteps)
{
    private const double InverseTimescale = 10_000; // without a warm-up
    private const double CycleRise = 0.3, CycleStart = 25, CycleEnd = 1e4;

    /// <summary>Waves of <c>cosine_with_restarts</c>, 1 or more.</summary>
    public int Cycles { get; init; } = 1;

    /// <summary>Exponent of <c>polynomial</c>.</summary>
    public double Power { get; init; } = 1;

    /// <summary>Where <c>polynomial</c> ends.</summary>
    public double End { get; init; } = 1e-7;

    public static Schedule Of(Recipe recipe, long totalSteps) => new(
        recipe.Schedule, recipe.LearningRate,
        recipe.WarmupSteps > 0 ? recipe.WarmupSteps : (long)Math.Ceiling(totalSteps * recipe.WarmupRatio), totalSteps);

    /// <param name="step">0 for the first step; with a warm-up its rate is 0.</param>
    public double Rate(long step)
    {
        if (Kind == RateSchedule.OneCycle)
        {
            return OneCycle(step);
        }
        if (Kind == RateSchedule.Constant)
        {
            return Peak;
        }
        if (step < WarmupSteps)
        {
            return Peak * (step / (double)WarmupSteps);
        }
        var progress = (step - WarmupSteps) / (double)Math.Max(1, TotalSteps - WarmupSteps); // 0 to 1
        return Kind switch
        {
            RateSchedule.Linear => Peak * Math.Max(0, (TotalSteps - step) / (double)Math.Max(1, TotalSteps - WarmupSteps)),
            RateSchedule.Cosine => Peak * Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * progress))),
            RateSchedule.CosineWithRestarts => progress >= 1 ? 0 : Peak * Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * (Cycles * progress % 1)))),
            RateSchedule.Polynomial => step > TotalSteps ? End : ((Peak - End) * Math.Pow(1 - progress, Power)) + End,
            RateSchedule.InverseSqrt => InverseRoot(step),
            _ => Peak,
        };
    }

    private double InverseRoot(long step)
    {
        var timescale = WarmupSteps > 0 ? WarmupSteps : InverseTimescale;
        return Peak / Math.Sqrt((step + timescale - WarmupSteps) / timescale);
    }

    private double OneCycle(long step)
    {
        var (rise, last) = ((CycleRise * TotalSteps) - 1, TotalSteps - 1.0);
        return step <= rise
            ? Between(Peak / CycleStart, Peak, step / Math.Max(rise, 1e-9))
            : Between(Peak, Peak / CycleStart / CycleEnd, Math.Min(1, (step - rise) / Math.Max(last - rise, 1e-9)));
    }

    private static double Between(double from, double to, double share) => to + ((from - to) / 2 * (1 + Math.Cos(Math.PI * share)));
}
