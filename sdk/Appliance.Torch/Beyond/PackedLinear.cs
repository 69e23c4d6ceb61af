using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Torch.Beyond;

/// <summary>A frozen y = x Wᵀ + b whose weight is kept in the layout that the processor's kernels want.</summary>
/// <remarks>
/// oneDNN multiplies float32 about twice as fast as OpenBLAS where that runs with an old core type, and 8-bit integers
/// about three times. Neither keeps a gradient: for answering only.
/// </remarks>
public abstract class PackedLinear : IDisposable
{
    /// <summary>Whether this build reaches the operators (it does through our own bridge, not through TorchSharp's).</summary>
    public static bool Available =>
#if BRIDGE
        true;
#else
        false;
#endif

    /// <summary>Whether it is also the fastest for a single row, where memory and not arithmetic is the limit.</summary>
    public abstract bool ServesOneRow { get; }

    // x [.., in] → [.., out], dense float32
    public abstract Tensor Multiply(Tensor x);

    /// <summary>This product, an activation, another product: without turning the result in between, where that is possible.</summary>
    /// <param name="activation">Works element by element; may change its argument.</param>
    public virtual Tensor Through(Tensor x, Func<Tensor, Tensor> activation, PackedLinear second) => second.Multiply(activation(Multiply(x)));

    public abstract void Dispose();

    /// <summary>How many vectors a tensor holds: the product of all sizes but the last.</summary>
    public static long Rows(Tensor x)
    {
        var shape = x.shape;
        var rows = 1L;
        for (var k = 0; k < shape.Length - 1; k++)
        {
            rows *= shape[k];
        }
        return rows;
    }

#if BRIDGE
    /// <summary>Float32 in oneDNN's layout; same numbers to rounding.</summary>
    public static PackedLinear Float32(Tensor weight, Tensor? bias) => new OneDnnLinear(weight, bias);

    /// <summary>Weights in 8 bits per output channel, inputs quantised as they come; sums in float32.</summary>
    public static PackedLinear Int8(Tensor weight, Tensor? bias) => new Int8Linear(weight, bias);
#else
    public static PackedLinear Float32(Tensor weight, Tensor? bias) =>
        throw new NotSupportedException("This build has no packed products; ask Available first.");

    public static PackedLinear Int8(Tensor weight, Tensor? bias) =>
        throw new NotSupportedException("8-bit products need the appliance's own bridge to libtorch: build without TorchPackage.");
#endif
}
