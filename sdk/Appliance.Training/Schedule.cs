namespace Appliance.Training;

/// <summary>The learning rate: up linearly in the warm-up, then down linearly to 0 at the last step.</summary>
public static class Schedule
{
    /// <param name="step">0 for the first step.</param>
    /// <param name="total">All steps of the run, at least 1.</param>
    public static double Rate(long step, long total, double peak, double warmupRatio)
    {
        var warmup = (long)Math.Ceiling(total * warmupRatio);
        return step < warmup
            ? peak * (step + 1) / warmup
            : peak * Math.Max(0, total - step) / Math.Max(1, total - warmup);
    }
}
