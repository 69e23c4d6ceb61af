namespace Appliance.Training.Privacy;

/// <summary>How much privacy a number of noisy steps costs.</summary>
/// <remarks>
/// Rényi differential privacy of the sampled Gaussian mechanism at whole orders from 2. Sources: Mironov, Talwar and Zhang (2019),
/// section 3.3, for the cost at an order; Mironov (2017), proposition 3, for ε from it. Newer conversions give smaller figures.
/// </remarks>
public static class RdpAccountant
{
    private static readonly int[] Orders = [.. Enumerable.Range(2, 63), 128, 256, 512];

    /// <param name="rate">Chance of an example to be in a batch, 0 to 1.</param>
    /// <param name="noise">Standard deviation of the noise over the clipping norm, above 0.</param>
    /// <param name="steps">0 or more.</param>
    /// <param name="delta">Above 0 to below 1.</param>
    /// <returns>ε, 0 or more.</returns>
    public static double Epsilon(double rate, double noise, long steps, double delta) => Epsilon(Costs(rate, noise), steps, delta);

    /// <summary>What one step costs at each order: the same for all steps of a run.</summary>
    internal static IReadOnlyList<double> Costs(double rate, double noise) => [.. Orders.Select(a => rate == 0 ? 0 : Cost(rate, noise, a))];

    internal static double Epsilon(IReadOnlyList<double> costs, long steps, double delta) => steps == 0 || costs.All(c => c == 0)
        ? 0
        : Orders.Zip(costs).Min(o => (steps * o.Second) - (Math.Log(delta) / (o.First - 1)));

    // 1/(α − 1) log Σ_k C(α, k) (1 − q)^(α − k) q^k exp((k² − k) / 2σ²)
    private static double Cost(double q, double sigma, int order)
    {
        if (q == 1)
        {
            return order / (2 * sigma * sigma);
        }
        var (sum, choose) = (double.NegativeInfinity, 0.0);
        for (var k = 0; k <= order; k++)
        {
            var term = choose + (k * Math.Log(q)) + ((order - k) * Math.Log(1 - q)) + (((k * (double)k) - k) / (2 * sigma * sigma));
            var (high, low) = (Math.Max(sum, term), Math.Min(sum, term));
            sum = high + Math.Log(1 + Math.Exp(low - high));
            choose += Math.Log(order - k) - Math.Log(k + 1); // of the next k
        }
        return sum / (order - 1);
    }
}
