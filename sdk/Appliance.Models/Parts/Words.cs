using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Parts;

/// <summary>Scores of every word from hidden states, by the table that also turned words into vectors.</summary>
internal static class Words
{
    // x [b, t, h], table [v, h] → [b, t, v]; one row is bound by memory, and a matrix-vector product reads at full speed
    internal static Tensor Scores(Tensor x, Tensor table)
    {
        var shape = x.shape;
        var one = shape[0] * shape[1] == 1 && !(is_grad_enabled() && (x.requires_grad || table.requires_grad));
        return one ? table.mv(x.reshape(-1)).view(1, 1, -1) : functional.linear(x, table);
    }
}
