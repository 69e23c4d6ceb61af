namespace TorchSharp.Modules;

/// <summary>A tensor that a module learns; it lives as long as its module, outside of any dispose scope.</summary>
public class Parameter : torch.Tensor
{
    /// <param name="data">Its native tensor moves into the parameter; <paramref name="data"/> is empty afterwards.</param>
    /// <param name="requires_grad">Whether a backward pass fills its gradient.</param>
    public Parameter(torch.Tensor data, bool requires_grad = true)
        : base(data.MoveHandle())
    {
        DetachFromDisposeScope();
        this.requires_grad = requires_grad;
    }

    /// <summary>Puts the data on a device in place, so that whoever holds the parameter sees the move.</summary>
    internal void MoveData(torch.Device device)
    {
        if (device.type != this.device.type || device.index != this.device.index)
        {
            using var moved = to(device).DetachFromDisposeScope();
            Replace(moved);
        }
    }
}
