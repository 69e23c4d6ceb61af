using Appliance.Models.Parts;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Models.Adapters;

/// <summary>A few trainable numbers beside one frozen projection, named as PEFT names them.</summary>
public abstract class ProjectionAdapter
{
    /// <summary>Names below the projection, such as <c>lora_A.weight</c>.</summary>
    public abstract IReadOnlyList<(string Name, Parameter Parameter)> Parameters { get; }

    /// <summary>Whether the adapter's effect stands in the projection's own weight now.</summary>
    public bool Merged { get; private set; }

    /// <summary>Whether a weight can take the effect in; false where it is not linear.</summary>
    public virtual bool Mergeable => true;

    // x [.., in] → [.., out]
    internal Tensor Forward(Projection projection, Tensor x) => Merged ? projection.Multiply(x) : Adapted(projection, x);

    /// <summary>Writes the adapter's effect into the weight.</summary>
    public void Merge(Projection projection) => Move(projection, merged: true);

    /// <summary>Takes it out again; equal to the weight before within rounding.</summary>
    public void Unmerge(Projection projection) => Move(projection, merged: false);

    protected abstract Tensor Adapted(Projection projection, Tensor x);

    /// <summary>The weight, [out, in], and the bias as they are with the adapter in (or out again).</summary>
    protected abstract (Tensor Weight, Tensor? Bias) Fold(Projection projection, Tensor weight, bool merged);

    private void Move(Projection projection, bool merged)
    {
        if (Merged == merged || !Mergeable)
        {
            return;
        }
        projection.Unprepare();
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var (weight, bias) = Fold(projection, projection.Oriented(), merged);
        projection.Weight.copy_(projection.Transposed ? weight.t() : weight);
        if (bias is not null)
        {
            projection.Bias!.copy_(bias); // Fold gives a bias only where there is one
        }
        Merged = merged;
    }
}
