using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Parts;

/// <summary>y = x Wᵀ + b, with room for a low-rank adapter beside the frozen weight.</summary>
/// <remarks>LoRA: y += (alpha / r) · dropout(x) Aᵀ Bᵀ. Source: Hu et al., LoRA (2021); A random, B zero at the start.</remarks>
public sealed class Projection : Module<Tensor, Tensor>
{
    private readonly Parameter _weight;
    private readonly Parameter _bias;
    private Parameter? _loraA;
    private Parameter? _loraB;
    private double _loraScale;
    private double _loraDropout;

    public Projection(long inputSize, long outputSize)
        : base(nameof(Projection))
    {
        var bound = 1 / Math.Sqrt(inputSize);
        _weight = new Parameter(empty([outputSize, inputSize]).uniform_(-bound, bound));
        _bias = new Parameter(zeros([outputSize]));
        register_parameter("weight", _weight);
        register_parameter("bias", _bias);
    }

    /// <summary>Multiply in bfloat16 and keep weights, sums and results in float32; default false.</summary>
    /// <remarks>A training step took about half the time on a processor with bfloat16 instructions; far slower without them.</remarks>
    public bool HalfPrecision { get; set; }

    /// <summary>Freezes the weight and puts a trainable low-rank adapter beside it.</summary>
    /// <param name="rank">r, 1 or more.</param>
    /// <param name="alpha">The adapter's output is scaled by alpha / r.</param>
    /// <param name="dropout">Share of the adapter's inputs dropped in training, 0 to below 1.</param>
    public void AttachLora(int rank, double alpha, double dropout)
    {
        var (outputs, inputs) = (_weight.shape[0], _weight.shape[1]);
        var bound = 1 / Math.Sqrt(inputs); // Kaiming uniform with a = √5, as PEFT does
        _loraA = new Parameter(empty([rank, inputs], device: _weight.device).uniform_(-bound, bound));
        _loraB = new Parameter(zeros([outputs, rank], device: _weight.device));
        (_loraScale, _loraDropout) = (alpha / rank, dropout);
        register_parameter("lora_A", _loraA);
        register_parameter("lora_B", _loraB);
        _weight.requires_grad = false;
        _bias.requires_grad = false;
    }

    /// <summary>Adds the adapter into the weight: same answers, no extra cost. The adapter is zero afterwards.</summary>
    public void MergeLora()
    {
        if (_loraA is null || _loraB is null)
        {
            return;
        }
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        _weight.add_(_loraB.mm(_loraA).mul(_loraScale));
        _loraB.zero_();
    }

    // x [n, in] → [n, out]
    public override Tensor forward(Tensor input)
    {
        var y = Multiply(input, _weight, _bias);
        if (_loraA is null || _loraB is null)
        {
            return y;
        }
        var dropped = training && _loraDropout > 0 ? functional.dropout(input, _loraDropout, true) : input;
        return y + (Multiply(Multiply(dropped, _loraA, null), _loraB, null) * _loraScale);
    }

    private Tensor Multiply(Tensor x, Tensor weight, Tensor? bias) => HalfPrecision
        ? functional.linear(x.to(ScalarType.BFloat16), weight.to(ScalarType.BFloat16), bias?.to(ScalarType.BFloat16))
            .to(ScalarType.Float32)
        : functional.linear(x, weight, bias);
}
