namespace Appliance.Training.Privacy;

/// <summary>How much privacy a number of noisy steps costs.</summary>
/// <remarks>
/// Rényi differential privacy of the sampled Gaussian mechanism. Sources: Mironov, Talwar and Zhang (2019), section 3.3, for the
/// cost at an order; Balle et al. (2020), theorem 21, for ε from it.
/// </remarks>
public static class RdpAccountant
{
    private const double ForeverSmall = -1e300;

    private static readonly double[] Orders =
        [.. Enumerable.Range(1, 99).Select(k => 1 + (k / 10.0)), .. Enumerable.Range(12, 52).Select(k => (double)k)];

    /// <param name="rate">Chance of an example to be in a batch, 0 to 1.</param>
    /// <param name="noise">Standard deviation of the noise over the clipping norm, above 0.</param>
    /// <param name="steps">0 or more.</param>
    /// <param name="delta">Above 0 to below 1.</param>
    /// <returns>ε, 0 or more; infinite where nothing can be said.</returns>
    public static double Epsilon(double rate, double noise, long steps, double delta) => steps == 0 || rate == 0
        ? 0
        : Math.Max(0, Orders.Min(a => ToEpsilon(steps * Cost(rate, noise, a), a, delta)));

    private static double ToEpsilon(double cost, double order, double delta) =>
        double.IsFinite(cost) ? cost - ((Math.Log(delta) + Math.Log(order)) / (order - 1)) + Math.Log((order - 1) / order) : double.PositiveInfinity;

    /// <summary>The Rényi divergence of one step at an order.</summary>
    private static double Cost(double rate, double noise, double order)
    {
        if (rate == 1)
        {
            return order / (2 * noise * noise);
        }
        var log = order == Math.Floor(order) ? LogWhole(rate, noise, (int)order) : LogFraction(rate, noise, order);
        return log / (order - 1);
    }

    // log Σ_k C(α, k) (1−q)^(α−k) q^k exp((k² − k) / 2σ²)
    private static double LogWhole(double q, double sigma, int order)
    {
        var sum = double.NegativeInfinity;
        for (var k = 0; k <= order; k++)
        {
            var term = LogChoose(order, k).Log + (k * Math.Log(q)) + ((order - k) * Math.Log(1 - q)) + (((k * k) - k) / (2 * sigma * sigma));
            sum = LogAdd(sum, term);
        }
        return sum;
    }

    // Two series, one each side of where the mixture's parts are equally likely.
    private static double LogFraction(double q, double sigma, double order)
    {
        var (left, right) = (double.NegativeInfinity, double.NegativeInfinity);
        var border = (sigma * sigma * Math.Log((1 / q) - 1)) + 0.5;
        for (var k = 0; k < 100_000; k++)
        {
            var (log, sign) = LogChoose(order, k);
            var rest = order - k;
            var a = log + (k * Math.Log(q)) + (rest * Math.Log(1 - q)) + (((k * k) - k) / (2 * sigma * sigma)) + LogErfc((k - border) / (Math.Sqrt(2) * sigma)) - Math.Log(2);
            var b = log + (rest * Math.Log(q)) + (k * Math.Log(1 - q)) + (((rest * rest) - rest) / (2 * sigma * sigma)) + LogErfc((border - rest) / (Math.Sqrt(2) * sigma)) - Math.Log(2);
            (left, right) = sign > 0 ? (LogAdd(left, a), LogAdd(right, b)) : (LogSubtract(left, a), LogSubtract(right, b));
            if (Math.Max(a, b) < -30)
            {
                break;
            }
        }
        return LogAdd(left, right);
    }

    // log |C(α, k)| and its sign, for any α, as a product
    private static (double Log, int Sign) LogChoose(double order, int k)
    {
        var (log, sign) = (0.0, 1);
        for (var j = 0; j < k; j++)
        {
            var factor = (order - j) / (j + 1);
            sign = factor < 0 ? -sign : sign;
            log += factor == 0 ? ForeverSmall : Math.Log(Math.Abs(factor));
        }
        return (log, sign);
    }

    private static double LogAdd(double a, double b) =>
        double.IsNegativeInfinity(a) ? b : double.IsNegativeInfinity(b) ? a : Math.Max(a, b) + Math.Log(1 + Math.Exp(Math.Min(a, b) - Math.Max(a, b)));

    private static double LogSubtract(double a, double b) =>
        double.IsNegativeInfinity(b) ? a : a > b ? a + Math.Log(1 - Math.Exp(b - a)) : double.NegativeInfinity;

    // erfc by its continued fraction far out, by the series of erf near 0: about 15 digits.
    private static double LogErfc(double x)
    {
        if (x < 2.5)
        {
            return Math.Log(1 - Erf(x));
        }
        var fraction = 0.0;
        for (var k = 80; k >= 1; k--)
        {
            fraction = k / 2.0 / (x + fraction);
        }
        return (-x * x) - Math.Log(Math.Sqrt(Math.PI) * (x + fraction));
    }

    private static double Erf(double x)
    {
        if (x < -6)
        {
            return -1;
        }
        // 2/√π e^(−x²) Σ 2^n x^(2n+1) / (1·3·…·(2n+1)): no cancellation
        var (term, sum) = (x, x);
        for (var n = 1; n < 400 && Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
