using Appliance.Torch.Beyond;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Models.Parts;

/// <summary>A table of vectors, one a row, with unset values for a checkpoint to fill; in 8 bits a number where it will not learn.</summary>
/// <remarks>v = rows, e = size.</remarks>
public sealed class TokenTable : Block
{
    private const double Levels = 127;
    private readonly Embedding _rows;
    private Tensor? _codes; // [v, e] int8, stands in for the weight's numbers
    private Tensor? _scales; // [v, 1]

    /// <param name="padding">This row gets no gradient; null for none.</param>
    internal TokenTable(long rows, long size, long? padding = null)
        : base(nameof(TokenTable))
    {
        _rows = nn.Embedding_from_pretrained(empty([rows, size]), freeze: false, padding_idx: padding);
        AddExisting(nameof(weight), _rows.weight);
    }

    public Parameter weight => _rows.weight;

    /// <summary>[v, e] in float32, whatever the storage: for scores of every word.</summary>
    public Tensor Matrix => _codes is null ? weight : _codes.to(ScalarType.Float32) * _scales!; // set together

    /// <summary>Bytes that the table takes now.</summary>
    public long Bytes => _codes is null ? weight.numel() * sizeof(float) : _codes.numel() + (_scales!.numel() * sizeof(float)); // set together

    // ids [..] → [.., e]
    public Tensor call(Tensor ids)
    {
        if (_codes is null)
        {
            return _rows.call(ids);
        }
        var at = ids.reshape(-1);
        var found = _codes.index_select(0, at).to(ScalarType.Float32) * _scales!.index_select(0, at); // set together
        return found.view([.. ids.shape, weight.shape[1]]);
    }

    /// <summary>Keeps each row in 8 bits a number under its largest one: a quarter of the memory. It cannot learn.</summary>
    public void StoreInEightBits()
    {
        if (_codes is not null)
        {
            return;
        }
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var largest = weight.detach().abs().max(1, keepdim: true).values;
        _scales = (largest / Levels).clamp(1e-12, 1e30).DetachFromDisposeScope();
        _codes = (weight.detach() / _scales).add(0.5).floor().to(ScalarType.Int8).DetachFromDisposeScope();
        weight.requires_grad = false;
        WeightStorage.Release(weight);
    }

    /// <summary>Brings the table back to float32, as 8 bits have it; nothing where it was not stored so.</summary>
    public void StoreInFloat()
    {
        if (_codes is not null)
        {
            using var scope = NewDisposeScope();
            WeightStorage.Refill(weight, Matrix.DetachFromDisposeScope());
            Forget();
        }
    }

    protected override void Dispose(bool disposing)
    {
        Forget();
        base.Dispose(disposing);
    }

    private void Forget()
    {
        _codes?.Dispose();
        _scales?.Dispose();
        (_codes, _scales) = (null, null);
    }
}
