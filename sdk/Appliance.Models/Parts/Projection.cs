using Appliance.Models.Adapters;
using Appliance.Torch.Beyond;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Parts;

/// <summary>How a model that only answers multiplies.</summary>
public enum InferencePrecision
{
    /// <summary>Float32 throughout.</summary>
    Float32,

    /// <summary>Products in bfloat16, sums and norms in float32: faster where the processor has the instructions.</summary>
    BFloat16,

    /// <summary>Products of 8-bit weights and inputs, quantised as they come: fastest, least exact.</summary>
    Int8,
}

/// <summary>A part that packs more than its projections for answering.</summary>
public interface IPreparable
{
    void Prepare(InferencePrecision precision);
}

/// <summary>y = x Wᵀ + b: the one place where a model multiplies by a matrix, with room for an adapter beside it.</summary>
public sealed class Projection : Block
{
    private readonly Parameter _weight;
    private readonly Parameter? _bias;
    private PreparedWeight? _prepared;
    private FourBitWeight? _fourBit; // stands in for the weight's numbers
    private Tensor? _half; // of a frozen weight

    /// <summary>With random values: uniform in ±1/√in, as in PyTorch, and a bias of zero.</summary>
    public Projection(long inputSize, long outputSize)
        : this(inputSize, outputSize, bias: true)
    {
        using var _ = no_grad();
        var bound = 1 / Math.Sqrt(inputSize);
        _weight.uniform_(-bound, bound);
        _bias!.zero_(); // made by the constructor above
    }

    /// <summary>With unset values, for a checkpoint to fill.</summary>
    /// <param name="transposed">The weight is stored [in, out], as GPT-2 has it.</param>
    public Projection(long inputSize, long outputSize, bool bias, bool transposed = false)
        : base(nameof(Projection))
    {
        Transposed = transposed;
        _weight = AddParameter("weight", transposed ? [inputSize, outputSize] : [outputSize, inputSize]);
        _bias = bias ? AddParameter("bias", outputSize) : null;
    }

    public bool Transposed { get; }

    public long InputSize => _weight.shape[Transposed ? 0 : 1];

    public long OutputSize => _weight.shape[Transposed ? 1 : 0];

    /// <summary>The stored matrix, [out, in] or, if <see cref="Transposed"/>, [in, out].</summary>
    public Parameter Weight => _weight;

    public Parameter? Bias => _bias;

    /// <summary>What stands beside the frozen weight; null without an adapter.</summary>
    public ProjectionAdapter? Adapter { get; private set; }

    /// <summary>Multiply in bfloat16 and keep weights, sums and results in float32; default false. For training.</summary>
    /// <remarks>A training step took about half the time on a processor with bfloat16 instructions; far slower without them.</remarks>
    public bool HalfPrecision { get; set; }

    /// <summary>Freezes the weight and puts an adapter beside it, under the adapter's own names.</summary>
    public void Attach(ProjectionAdapter adapter)
    {
        Unprepare();
        Adapter = adapter;
        foreach (var (name, parameter) in adapter.Parameters)
        {
            AddExisting(name, parameter);
        }
        _weight.requires_grad = false;
        if (_bias is not null)
        {
            _bias.requires_grad = false;
        }
    }

    /// <summary>A low-rank adapter with the usual start: A random, B zero.</summary>
    /// <param name="rank">r, 1 or more.</param>
    /// <param name="alpha">The adapter's output is scaled by alpha / r.</param>
    /// <param name="dropout">Share of the adapter's inputs dropped in training, 0 to below 1.</param>
    public void AttachLora(int rank, double alpha, double dropout) =>
        Attach(LoraAdapter.New(this, rank, alpha / rank, dropout));

    /// <summary>Adds the adapter into the weight: same answers, no extra cost. The adapter does nothing afterwards.</summary>
    public void MergeLora() => Adapter?.Merge(this);

    /// <summary>Packs the weight for answering in this precision; weights that change later need another call.</summary>
    public void Prepare(InferencePrecision precision)
    {
        Unprepare();
        _prepared = Adapter is { Merged: false } ? null : PreparedWeight.Of(Oriented(), _bias, precision); // an adapter needs the plain product
    }

    /// <summary>The packed weight; null before <see cref="Prepare"/> or where the plain product is as good.</summary>
    internal PreparedWeight? Prepared => _prepared;

    /// <summary>An input made ready once for several projections of the same precision.</summary>
    public Tensor Share(Tensor x) => _prepared is { } p && p.Serves(Single(x)) ? p.Share(x) : HalfPrecision ? Half(x) : x;

    // x [.., in] → [.., out]; bfloat16 after Prepare(BFloat16), else float32
    public Tensor call(Tensor x)
    {
        if (_prepared is { } p && p.Serves(Single(x)))
        {
            return p.Multiply(x);
        }
        return Adapter is null ? Multiply(x) : Adapter.Forward(this, x);
    }

    /// <summary>Keeps the weight in 4 bits from now on: an eighth of the memory, numbers of the NormalFloat grid. It cannot learn.</summary>
    public void StoreInFourBits()
    {
        Unprepare();
        if (_fourBit is null)
        {
            _fourBit = FourBitWeight.Of(_weight);
            _weight.requires_grad = false;
            WeightStorage.Release(_weight);
        }
    }

    /// <summary>Brings the weight back to float32, as 4 bits have it; nothing where it was not stored in 4 bits.</summary>
    public void StoreInFloat()
    {
        if (_fourBit is not null)
        {
            using var expanded = _fourBit.Expand().DetachFromDisposeScope();
            WeightStorage.Refill(_weight, expanded);
            _fourBit.Dispose();
            _fourBit = null;
        }
    }

    /// <summary>Bytes that the weight takes now.</summary>
    public long WeightBytes => _fourBit?.Bytes ?? (InputSize * OutputSize * sizeof(float));

    /// <summary>The plain product, without the adapter.</summary>
    internal Tensor Multiply(Tensor x) => FourBits(x) ? _fourBit!.Multiply(x, _bias, Transposed, HalfPrecision) // asked for by FourBits
        : HalfPrecision ? HalfProduct(x).to(ScalarType.Float32)
        : Single(x) && !Learns(x) ? Vector(x) : Multiply(x, Oriented(), _bias);

    /// <summary>The plain product in bfloat16, in and out; a frozen weight is cast once.</summary>
    internal Tensor HalfProduct(Tensor x) => FourBits(x) ? Half(Multiply(x)) : functional.linear(Half(x), HalfWeight(), _bias is null ? null : Half(_bias));

    private bool FourBits(Tensor x) => _fourBit is not null && is_grad_enabled() && NormalFloat.Multiplies(x);

    private Tensor HalfWeight()
    {
        if (_weight.requires_grad || _fourBit is not null)
        {
            return Half(Oriented());
        }
        if (_half is null)
        {
            using var _ = no_grad();
            _half = Half(Oriented()).contiguous().DetachFromDisposeScope();
        }
        return _half;
    }

    internal static Tensor Half(Tensor x) => x.dtype == ScalarType.BFloat16 ? x : x.to(ScalarType.BFloat16);

    internal Tensor Multiply(Tensor x, Tensor weight, Tensor? bias) => HalfPrecision
        ? functional.linear(Half(x), Half(weight), bias is null ? null : Half(bias)).to(ScalarType.Float32)
        : functional.linear(x, weight, bias);

    /// <summary>[out, in] whatever the storage.</summary>
    internal Tensor Oriented()
    {
        var weight = _fourBit is null ? _weight : _fourBit.Expand();
        return Transposed ? weight.t() : weight;
    }

    protected override void Dispose(bool disposing)
    {
        Unprepare();
        _fourBit?.Dispose();
        base.Dispose(disposing);
    }

    // One row is bound by memory: a matrix-vector product reads the weight at full speed, a matrix product does not.
    private Tensor Vector(Tensor x)
    {
        var y = Oriented().mv(x.reshape(-1));
        return (_bias is null ? y : y + _bias).view([.. x.shape[..^1], OutputSize]);
    }

    private bool Learns(Tensor x) => HalfPrecision || (is_grad_enabled() && (x.requires_grad || _weight.requires_grad));

    private static bool Single(Tensor x) => x.dtype == ScalarType.Float32 && PackedLinear.Rows(x) == 1;

    /// <summary>Gives the packed weight back where another part has packed it together with others.</summary>
    internal void Unprepare()
    {
        _prepared?.Dispose();
        _prepared = null;
        _half?.Dispose();
        _half = null;
    }
}
