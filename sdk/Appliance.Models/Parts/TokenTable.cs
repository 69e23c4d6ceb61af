using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Models.Parts;

/// <summary>Makes tables of vectors with unset values, for a checkpoint to fill.</summary>
internal static class TokenTable
{
    /// <param name="padding">This row gets no gradient; null for none.</param>
    internal static Embedding New(long rows, long size, long? padding = null) =>
        nn.Embedding_from_pretrained(empty([rows, size]), freeze: false, padding_idx: padding);
}
