using static TorchSharp.torch;

namespace Appliance.Tests;

/// <summary>Comparisons with the tolerances of the golden README.</summary>
internal static class Close
{
    /// <summary>|a − b| ≤ floor + share·|b| for every element that counts.</summary>
    /// <param name="rows">[b, t] 1 where a row counts; null for all.</param>
    internal static void Check(string name, Tensor actual, Tensor expected, double floor, double share, Tensor? rows = null)
    {
        actual.shape.Should().Equal(expected.shape, "{0} must have the reference's shape", name);
        var (a, b) = (actual.detach().to(ScalarType.Float32).data<float>().ToArray(), expected.to(ScalarType.Float32).data<float>().ToArray());
        var counts = rows?.data<long>().ToArray();
        var width = counts is null ? 1 : Math.Max(1, a.Length / counts.Length);
        var worst = 0.0;
        var at = -1;
        for (var k = 0; k < a.Length; k++)
        {
            if (counts is not null && counts[k / width] == 0)
            {
                continue;
            }
            var over = Math.Abs((double)a[k] - b[k]) - (share * Math.Abs(b[k]));
            if (!(over <= worst))
            {
                (worst, at) = (over, k);
            }
        }
        worst.Should().BeLessThanOrEqualTo(floor, "{0} must equal the reference (worst at {1}: {2} against {3})",
            name, at, at < 0 ? 0 : a[at], at < 0 ? 0 : b[at]);
    }

    internal static void Output(Expected expected, string name, Tensor actual, Tensor? rows = null) =>
        Check(name, actual, expected[name],
            expected.Noise(name) is { } noise ? Math.Max(1e-5, 10 * noise) : 5e-5, 1e-4, rows);

    internal static void Loss(Expected expected, Tensor actual)
    {
        var wanted = expected["out.loss"].item<float>();
        Math.Abs(actual.item<float>() - wanted).Should().BeLessThanOrEqualTo(1e-5f + (1e-5f * Math.Abs(wanted)), "the loss is the reference's");
    }
}
