using System.Globalization;
using System.Text.RegularExpressions;
using Appliance.Models.Parts;
using Appliance.Torch.Beyond;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Training;

/// <summary>Which layer a parameter belongs to, read off its name: what freezing, unfreezing and layer-wise rates work on.</summary>
/// <remarks>0 is the embeddings, 1 the first layer, …, the head stands above the last.</remarks>
internal sealed class Layers
{
    private static readonly Regex Stage = new(@"(?:^|\.)layer(\d+)\.", RegexOptions.NonBacktracking);
    private static readonly Regex LayerNumber = new(@"(?:^|\.)(\d+)\.", RegexOptions.NonBacktracking);
    private readonly Dictionary<string, int> _of = [];

    internal Layers(ITrainableTask task)
    {
        var names = task.Module.named_parameters().Select(p => p.name).ToArray();
        Count = names.Select(Number).DefaultIfEmpty(0).Max();
        foreach (var name in names)
        {
            _of[name] = task.IsHead(name) ? Count + 1 : Number(name);
        }
    }

    /// <summary>Layers between embeddings and head.</summary>
    internal int Count { get; }

    internal int Of(string parameter) => _of.TryGetValue(parameter, out var layer) ? layer : Number(parameter);

    /// <summary>Groups for the optimizer: norms and biases do not decay, lower layers may move more slowly.</summary>
    internal IReadOnlyList<ParameterGroup> Groups(
        IEnumerable<(string Name, Parameter Parameter)> learnt, nn.Module module, double weightDecay, double layerwiseDecay)
    {
        var norms = module.named_modules().Where(m => m.module is Norm or RmsNorm or LayerNorm).Select(m => m.name + ".").ToArray();
        bool Decays(string name) => !name.EndsWith("bias", StringComparison.Ordinal) && !norms.Any(n => name.StartsWith(n, StringComparison.Ordinal));
        return
        [
            .. learnt.GroupBy(p => (Decays(p.Name), layerwiseDecay < 1 ? Of(p.Name) : 0))
                .Select(g => new ParameterGroup([.. g], g.Key.Item1 ? weightDecay : 0, layerwiseDecay < 1 ? Math.Pow(layerwiseDecay, Count + 1 - g.Key.Item2) : 1)),
        ];
    }

    // layer2.0.conv1 → 2; encoder.layer.3.attention… → 4; embeddings… → 0
    private static int Number(string name)
    {
        var stage = Stage.Match(name);
        var layer = stage.Success ? stage : LayerNumber.Match(name);
        return !layer.Success ? 0 : int.Parse(layer.Groups[1].Value, CultureInfo.InvariantCulture) + (stage.Success ? 0 : 1);
    }
}
