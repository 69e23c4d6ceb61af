using System.Globalization;
using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Families;

/// <summary>ResNet with torchvision's names, and the small one for 32 × 32 images: their geometry is read off the tensors.</summary>
/// <remarks>
/// Sources: He et al. (2015); ResNeXt, Xie et al. (2016). The small one has a 3 × 3 stem, no pooling after it, and
/// shortcuts without weights: every second pixel, new channels zero (option A of section 4.2).
/// </remarks>
internal sealed class TorchvisionResNet : Model
{
    internal static Family Family { get; } = new("torchvision-resnet",
        config => config.ModelType.Length == 0 && config.HasTensor("layer1.0.conv1.weight") && config.HasTensor("fc.weight"), Build);

    internal static Family Cifar { get; } = new("cifar-resnet",
        config => config.ModelType.Length == 0 && config.HasTensor("layer1.0.conv1.weight") && config.HasTensor("linear.weight"), Build);

    private readonly ConvNorm _stem;
    private readonly bool _small;
    private readonly List<(string Stage, ResidualBlock Block)> _blocks = [];
    private readonly Projection _classifier;

    private TorchvisionResNet(ModelConfig config, bool small)
        : base(config, "TorchvisionResNet")
    {
        _small = small;
        var stem = config.TensorShape("conv1.weight");
        _stem = new ConvNorm(this, "conv1", "bn1", ConvolutionShape.Square(stem[1], stem[0], stem[2], small ? 1 : 2));
        for (var stage = 1; config.HasTensor($"layer{stage}.0.conv1.weight"); stage++)
        {
            for (var k = 0; config.HasTensor($"layer{stage}.{k}.conv1.weight"); k++)
            {
                _blocks.Add(($"layer{stage}", Make(config, string.Format(CultureInfo.InvariantCulture, "layer{0}.{1}", stage, k), stage > 1 && k == 0 ? 2 : 1)));
            }
        }
        var head = config.TensorShape(small ? "linear.weight" : "fc.weight");
        _classifier = Add(small ? "linear" : "fc", new Projection(head[1], config.Has("num_labels") ? config.LabelCount : head[0], bias: true));
    }

    public override ModelOutput Forward(ModelInput input)
    {
        var x = _stem.call(ImageInput.Of(input, Config, channels: (int)Config.TensorShape("conv1.weight")[1])).relu();
        x = _small ? x : functional.max_pool2d(x, [3, 3], [2, 2], [1, 1]);
        var stages = new Dictionary<string, Tensor>();
        foreach (var (stage, block) in _blocks)
        {
            x = block.call(x);
            if (input.Trace)
            {
                stages[stage] = x;
            }
        }
        var pooled = functional.adaptive_avg_pool2d(x, 1).flatten(1); // [b, c]
        return new ModelOutput { Last = x, Pooled = pooled, Logits = Wide.Of(_classifier.call(pooled)), Stages = stages };
    }

    public override Tensor? Feature(ModelOutput output) => output.Pooled;

    public override Tensor? Classify(Tensor feature) => Wide.Of(_classifier.call(feature));

    private ResidualBlock Make(ModelConfig config, string path, int stride)
    {
        var deep = config.HasTensor(path + ".conv3.weight");
        var steps = new List<ConvStep>();
        long inputs = 0;
        for (var k = 1; k <= (deep ? 3 : 2); k++)
        {
            var shape = config.TensorShape($"{path}.conv{k}.weight");
            inputs = k == 1 ? shape[1] : inputs;
            var step = k == (deep ? 2 : 1) ? stride : 1; // the 3 × 3 convolution makes the step
            steps.Add(new ConvStep($"conv{k}", $"bn{k}", ConvolutionShape.Square(inputs, shape[0], shape[2], step, groups: inputs / shape[1])));
            inputs = shape[0];
        }
        var projected = config.HasTensor(path + ".downsample.0.weight");
        var (first, last) = (steps[0].Shape.Inputs, steps[^1].Shape.Outputs);
        Func<Tensor, Tensor>? bare = _small && first != last ? x => Thinned(x, stride, last - first) : null;
        return Add(path, new ResidualBlock([.. steps], projected ? ("downsample.0", "downsample.1") : null, stride, x => x.relu(), bare));
    }

    // x [b, c, y, x] → [b, c + more, y / stride, x / stride]
    private static Tensor Thinned(Tensor x, int stride, long more)
    {
        var shape = x.shape;
        var fewer = x.slice(2, 0, shape[2], stride).slice(3, 0, shape[3], stride);
        return functional.pad(fewer, [0, 0, 0, 0, more / 2, more - (more / 2)]);
    }

    private static TorchvisionResNet Build(ModelConfig config, HeadKind kind)
    {
        config.GeometryIsInTensors();
        return new TorchvisionResNet(config, config.HasTensor("linear.weight"));
    }
}
