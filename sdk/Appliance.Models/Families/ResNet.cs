using System.Globalization;
using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Families;

/// <summary>ResNet with Hugging Face's names. Source: He et al., Deep Residual Learning (2015).</summary>
/// <remarks>b = batch, c = channels, y × x = pixels.</remarks>
internal sealed class ResNet : Encoder
{
    internal static Family Family { get; } = Family.Of("resnet", Build);

    private readonly int[] _sizes;
    private readonly Func<Tensor, Tensor> _activation;
    private readonly ConvNorm _stem;
    private readonly List<List<ResidualBlock>> _stages = [];

    private ResNet(ModelConfig config, int[] sizes, int[] depths)
        : base(config, "ResNet")
    {
        (_sizes, _activation) = (sizes, Activation.Of(config, "hidden_act", "relu"));
        var stem = config.Int("embedding_size", 64);
        var bottleneck = config.OneOf("layer_type", "bottleneck", "basic") == "bottleneck";
        var (early, inFirst) = (config.Flag("downsample_in_first_stage", false), config.Flag("downsample_in_bottleneck", false));
        _stem = new ConvNorm(this, "embedder.embedder.convolution", "embedder.embedder.normalization",
            ConvolutionShape.Square(config.Int("num_channels", 3), stem, 7, 2));
        for (var s = 0; s < sizes.Length; s++)
        {
            var stage = new List<ResidualBlock>();
            for (var k = 0; k < depths[s]; k++)
            {
                var inputs = k > 0 ? sizes[s] : s > 0 ? sizes[s - 1] : stem;
                var stride = k == 0 && (s > 0 || early) ? 2 : 1;
                var path = string.Format(CultureInfo.InvariantCulture, "encoder.stages.{0}.layers.{1}", s, k);
                var shortcut = inputs != sizes[s] || stride != 1 ? ("shortcut.convolution", "shortcut.normalization") : ((string, string)?)null;
                stage.Add(Add(path, new ResidualBlock(Steps(inputs, sizes[s], stride, bottleneck, inFirst), shortcut, stride, _activation)));
            }
            _stages.Add(stage);
        }
    }

    public override int HiddenSize => _sizes[^1];

    public override double Epsilon => 1e-5;

    public override ModelOutput Forward(ModelInput input)
    {
        var x = _activation(_stem.call(ImageInput.Of(input, Config)));
        x = functional.max_pool2d(x, [3, 3], [2, 2], [1, 1]);
        var hidden = new List<Tensor>();
        foreach (var stage in _stages)
        {
            hidden.Add(x);
            x = stage.Aggregate(x, (y, block) => block.call(y));
        }
        hidden.Add(x);
        return new ModelOutput
        {
            Last = x, // [b, c, y, x]
            Pooled = functional.adaptive_avg_pool2d(x, 1), // [b, c, 1, 1]
            HiddenStates = input.Trace ? hidden : [],
        };
    }

    private static ConvStep[] Steps(int inputs, int outputs, int stride, bool bottleneck, bool inFirst)
    {
        static ConvStep Step(int k, ConvolutionShape shape) => new($"layer.{k}.convolution", $"layer.{k}.normalization", shape);
        var narrow = outputs / 4;
        return bottleneck
            ?
            [
                Step(0, ConvolutionShape.Square(inputs, narrow, 1, inFirst ? stride : 1)),
                Step(1, ConvolutionShape.Square(narrow, narrow, 3, inFirst ? 1 : stride)),
                Step(2, ConvolutionShape.Square(narrow, outputs, 1)),
            ]
            : [Step(0, ConvolutionShape.Square(inputs, outputs, 3, stride)), Step(1, ConvolutionShape.Square(outputs, outputs, 3))];
    }

    private static Model Build(ModelConfig config, HeadKind kind)
    {
        var (sizes, depths) = (config.Ints("hidden_sizes", [256, 512, 1024, 2048]), config.Ints("depths", [3, 4, 6, 3]));
        if (sizes.Length == 0 || sizes.Length != depths.Length || sizes.Concat(depths).Any(n => n < 1))
        {
            config.Problem("fields 'hidden_sizes' and 'depths' must be lists of the same length, each number 1 or more");
        }
        _ = (config.Int("embedding_size", 64), config.Int("num_channels", 3), Activation.Of(config, "hidden_act", "relu"),
            config.OneOf("layer_type", "bottleneck", "basic"), config.Flag("downsample_in_first_stage", false),
            config.Flag("downsample_in_bottleneck", false));
        config.Check();
        var encoder = new ResNet(config, sizes, depths);
        encoder.KnowPrefix("resnet.");
        return kind switch
        {
            HeadKind.Base or HeadKind.BaseWithoutPooler => encoder,
            HeadKind.ImageClassification => new ImageClassifier(encoder, "resnet", sizes[^1], body => body.Pooled!.flatten(1), path: "classifier.1"),
            _ => throw new ModelConfigException(config.File, [$"the head {kind} does not exist for this family"]),
        };
    }
}
