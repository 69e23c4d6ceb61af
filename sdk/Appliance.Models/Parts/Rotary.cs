using Appliance.Models.Config;
using static TorchSharp.torch;

namespace Appliance.Models.Parts;

/// <summary>Rotary position embedding: pairs of numbers are turned by an angle that grows with the position.</summary>
/// <remarks>
/// Source: Su et al., RoFormer (2021); halves are paired (x₀ with x_{d/2}), as in the reference. Scaling: linear
/// (Chen et al. 2023), dynamic NTK, YaRN (Peng et al. 2023), and Llama 3.1's by wavelength. b, t as in ModelInput,
/// d = the turned part of a head.
/// </remarks>
internal sealed class Rotary
{
    private readonly int _size;
    private readonly double _base;
    private readonly string _type;
    private readonly double _factor;
    private readonly int _positionsMax;
    private readonly double _attentionFactor = 1;
    private readonly float[] _frequencies;

    /// <param name="size">d, even.</param>
    internal Rotary(ModelConfig config, int size, double baseDefault = 10_000)
    {
        _size = size;
        var scaling = config.Nested("rope_scaling") ?? config.Nested("rope_parameters");
        _base = config.Number("rope_theta|rotary_emb_base", scaling?.Number("rope_theta", baseDefault) ?? baseDefault);
        _positionsMax = config.Int("max_position_embeddings", 2048);
        _type = scaling?.OneOf("rope_type|type", "default", "linear", "dynamic", "llama3", "yarn") ?? "default";
        _factor = scaling is null || _type == "default" ? 1 : scaling.Number("factor");
        _frequencies = _type switch
        {
            "linear" => Plain(_base, f => f / _factor),
            "llama3" => Llama3(scaling!), // a type means that there is a scaling
            "yarn" => Yarn(scaling!, out _attentionFactor),
            _ => Plain(_base, f => f),
        };
        if (size < 2 || size % 2 != 0)
        {
            config.Problem($"rotary embeddings need an even size of 2 or more, found {size}");
        }
        scaling?.CheckInto(config);
    }

    // positions [b, t] → cosines and sines [b, 1, t, d/2]
    internal (Tensor Cos, Tensor Sin) At(Tensor positions)
    {
        using var _ = no_grad();
        var frequencies = _type == "dynamic" ? Dynamic(positions) : _frequencies;
        var angles = positions.to(ScalarType.Float32).unsqueeze(-1) * tensor(frequencies, device: positions.device); // [b, t, d/2]
        var (cos, sin) = (angles.cos().unsqueeze(1), angles.sin().unsqueeze(1));
        return _attentionFactor == 1 ? (cos, sin) : (cos * _attentionFactor, sin * _attentionFactor);
    }

    // x [b, heads, t, head size] → same, its first d numbers turned
    internal Tensor Turn(Tensor x, (Tensor Cos, Tensor Sin) at)
    {
        var size = x.shape[^1];
        var half = _size / 2;
        var wide = Wide.Of(x);
        var (a, b) = (wide.narrow(3, 0, half), wide.narrow(3, half, half));
        var (left, right) = ((a * at.Cos) - (b * at.Sin), (b * at.Cos) + (a * at.Sin));
        var turned = _size == size ? cat([left, right], 3) : cat([left, right, wide.narrow(3, _size, size - _size)], 3);
        return turned.dtype == x.dtype ? turned : turned.to(x.dtype);
    }

    private float[] Plain(double numberBase, Func<double, double> scaled) =>
        [.. Enumerable.Range(0, _size / 2).Select(k => (float)scaled(Math.Pow(numberBase, -2.0 * k / _size)))];

    // The base grows once the text is longer than the model was trained for.
    private float[] Dynamic(Tensor positions)
    {
        var length = positions.max().item<long>() + 1;
        return length <= _positionsMax
            ? _frequencies
            : Plain(_base * Math.Pow((_factor * length / _positionsMax) - (_factor - 1), _size / (_size - 2.0)), f => f);
    }

    private float[] Llama3(ModelConfig scaling)
    {
        var (low, high) = (scaling.Number("low_freq_factor"), scaling.Number("high_freq_factor"));
        double old = scaling.Int("original_max_position_embeddings");
        return Plain(_base, f =>
        {
            var wavelength = 2 * Math.PI / f;
            if (wavelength < old / high)
            {
                return f;
            }
            if (wavelength > old / low)
            {
                return f / _factor;
            }
            var smooth = ((old / wavelength) - low) / (high - low);
            return ((1 - smooth) * f / _factor) + (smooth * f);
        });
    }

    private float[] Yarn(ModelConfig scaling, out double attentionFactor)
    {
        attentionFactor = scaling.Number("attention_factor", _factor <= 1 ? 1 : (0.1 * Math.Log(_factor)) + 1);
        var old = scaling.Int("original_max_position_embeddings", _positionsMax);
        double Turns(double rotations) => _size * Math.Log(old / (rotations * 2 * Math.PI)) / (2 * Math.Log(_base));
        var low = Math.Max(Math.Floor(Turns(scaling.Number("beta_fast", 32))), 0);
        var high = Math.Min(Math.Ceiling(Turns(scaling.Number("beta_slow", 1))), _size - 1);
        high = high == low ? high + 0.001 : high;
        return [.. Enumerable.Range(0, _size / 2).Select(k =>
        {
            var kept = 1 - Math.Clamp((k - low) / (high - low), 0, 1);
            var f = Math.Pow(_base, -2.0 * k / _size);
            return (float)((f / _factor * (1 - kept)) + (f * kept));
        })];
    }
}
