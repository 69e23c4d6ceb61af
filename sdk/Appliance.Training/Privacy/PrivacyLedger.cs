using System.Security.Cryptography;
using Appliance.Sdk.Recipes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Training.Privacy;

/// <summary>Gradients that tell almost nothing of any one example, and what they have cost.</summary>
/// <remarks>
/// Source: Abadi et al. (2016). Each example's gradient is clipped alone; the sum gets Gaussian noise from the system's own
/// generator, which no seed repeats; the mean is over the expected batch, so that its size tells nothing either.
/// </remarks>
internal sealed class PrivacyLedger(PrivacyOptions options)
{
    private const int DrawnTogether = 1 << 16;

    private (double Rate, IReadOnlyList<double> Costs)? _costs; // of one step; asked at every step

    internal double Spent(double rate, long steps)
    {
        if (_costs?.Rate != rate)
        {
            _costs = (rate, RdpAccountant.Costs(rate, options.NoiseMultiplier));
        }
        return RdpAccountant.Epsilon(_costs.Value.Costs, steps, options.Delta);
    }

    /// <summary>Sets the gradients of the learnt parameters to the private mean.</summary>
    /// <returns>The mean loss of the batch, which is not private: it stays on this machine.</returns>
    internal double Gradients(ITrainableTask task, Item[] batch, Random chance, IReadOnlyDictionary<string, Tensor> moving, int expected)
    {
        var parameters = moving.Values.OfType<Parameter>().ToArray();
        var sums = Array.ConvertAll(parameters, p => zeros_like(p).detach().DetachFromDisposeScope());
        var loss = 0.0;
        foreach (var item in batch)
        {
            using var scope = NewDisposeScope();
            var own = task.Loss([item], new BatchContext(chance));
            own.backward();
            task.AfterBackward();
            loss += own.item<float>() / batch.Length;
            using var _ = no_grad();
            var norm = Appliance.Torch.Beyond.GradientNorm.Of(parameters.Where(p => p.grad is not null).Select(p => p.grad!)); // filtered
            var clip = Math.Min(1, options.GradientNormMax / (norm + 1e-6));
            for (var k = 0; k < parameters.Length; k++)
            {
                if (parameters[k].grad is { } gradient)
                {
                    sums[k].add_(gradient, clip);
                    parameters[k].grad = null;
                }
            }
        }
        using var off = no_grad();
        for (var k = 0; k < parameters.Length; k++)
        {
            using var noise = Noise(sums[k].shape).to(sums[k].device);
            sums[k].add_(noise, options.NoiseMultiplier * options.GradientNormMax).mul_(1.0 / expected);
            parameters[k].grad = sums[k];
        }
        return loss;
    }

    // Box and Muller over bytes of the system's generator.
    private static Tensor Noise(long[] shape)
    {
        var count = shape.Aggregate(1L, (a, b) => a * b);
        var values = new float[count];
        var bytes = new byte[DrawnTogether];
        for (var k = 0L; k < count; k += 2)
        {
            var at = (int)(k * 8 % DrawnTogether);
            if (at == 0)
            {
                RandomNumberGenerator.Fill(bytes);
            }
            var u = ((BitConverter.ToUInt64(bytes, at) >> 11) + 1) * (1.0 / (1UL << 53)); // above 0 to 1
            var v = (BitConverter.ToUInt64(bytes, at + 8) >> 11) * (2 * Math.PI / (1UL << 53));
            var r = Math.Sqrt(-2 * Math.Log(u));
            values[k] = (float)(r * Math.Cos(v));
            if (k + 1 < count)
            {
                values[k + 1] = (float)(r * Math.Sin(v));
            }
        }
        return tensor(values, shape);
    }
}
