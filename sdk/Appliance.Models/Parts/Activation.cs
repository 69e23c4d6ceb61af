using Appliance.Models.Config;
using Appliance.Torch.Beyond;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Parts;

/// <summary>Activation functions by the names that checkpoints use.</summary>
public static class Activation
{
    private static readonly Dictionary<string, Func<Tensor, Tensor>> Known = new()
    {
        ["gelu"] = Pointwise.Gelu,
        ["gelu_python"] = Pointwise.Gelu,
        ["gelu_new"] = Approximate,
        ["gelu_fast"] = Approximate,
        ["gelu_accurate"] = Approximate,
        ["gelu_python_tanh"] = Approximate,
        ["gelu_pytorch_tanh"] = Approximate,
        ["gelu_10"] = x => functional.gelu(x).clamp(-10, 10),
        ["quick_gelu"] = x => x * (x * 1.702).sigmoid(),
        ["relu"] = x => x.relu(),
        ["relu2"] = x => x.relu().square(),
        ["relu6"] = x => x.clamp(0, 6),
        ["silu"] = x => functional.silu(x),
        ["swish"] = x => functional.silu(x),
        ["tanh"] = x => x.tanh(),
        ["sigmoid"] = x => x.sigmoid(),
        ["mish"] = x => x * functional.softplus(x).tanh(),
        ["linear"] = x => x,
    };

    public static Func<Tensor, Tensor> Named(string name) => Known[name];

    /// <summary>Reads the name of an activation; an unknown one is a problem of the configuration.</summary>
    public static Func<Tensor, Tensor> Of(ModelConfig config, string field, string fallback) =>
        Known[config.OneOf(field, fallback, [.. Known.Keys])];

    private static Tensor Approximate(Tensor x) => functional.gelu(x, GELU.Approximate.tanh);
}
