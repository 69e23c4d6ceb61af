using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Families;

/// <summary>MobileNetV2, torchvision's and TensorFlow's: widths are read off the tensors.</summary>
/// <remarks>
/// Source: Sandler et al. (2018). TensorFlow's file has the norms folded into biases, and its "same" padding puts the
/// odd pixel at the bottom and right. b = batch, c = channels.
/// </remarks>
internal sealed class MobileNetV2 : Model, IHasDropout
{
    internal static Family Family { get; } = new("torchvision-mobilenet-v2",
        config => config.ModelType.Length == 0 && config.HasTensor("features.1.conv.0.0.weight"), BuildTorchvision);

    internal static Family TensorFlow { get; } = new("tensorflow-mobilenet-v2",
        config => config.ModelType.Length == 0 && config.HasTensor("00.Conv_Fold.weight"), BuildTensorFlow);

    // Blocks that halve the image: the first of the groups with stride 2 in the paper's table 2.
    private static readonly HashSet<int> Halving = [1, 3, 6, 13];

    private readonly List<Func<Tensor, Tensor>> _steps = [];
    private readonly Projection? _classifier;
    private double _dropout = 0.2;

    private MobileNetV2(ModelConfig config, bool tensorFlow)
        : base(config, "MobileNetV2")
    {
        if (tensorFlow)
        {
            AddTensorFlow();
            return;
        }
        AddTorchvision();
        var head = config.TensorShape("classifier.1.weight");
        _classifier = Add("classifier.1", new Projection(head[1], Config.Has("num_labels") ? Config.LabelCount : head[0], bias: true));
    }

    public override ModelOutput Forward(ModelInput input)
    {
        var x = (_classifier is null ? _steps[..^1] : _steps).Aggregate(ImageInput.Of(input, Config, channels: 3), (y, step) => step(y));
        var pooled = functional.adaptive_avg_pool2d(x, 1).flatten(1);
        var dropped = training && _dropout > 0 ? functional.dropout(pooled, _dropout, true) : pooled;
        return new ModelOutput { Last = x, Pooled = pooled, Logits = Classify(dropped) };
    }

    public override Tensor? Feature(ModelOutput output) => output.Pooled;

    // TensorFlow's last 1 × 1 convolution is the classifier.
    public override Tensor? Classify(Tensor feature) =>
        _classifier is null ? _steps[^1](feature.unsqueeze(-1).unsqueeze(-1)).flatten(1) : Wide.Of(_classifier.call(feature));

    public void SetDropout(double share) => _dropout = share;

    private void AddTorchvision()
    {
        _steps.Add(Step("features.0.0", "features.0.1", 2));
        var k = 1;
        for (; Config.HasTensor($"features.{k}.conv.0.0.weight"); k++)
        {
            var path = $"features.{k}.conv.";
            var expands = Config.HasTensor(path + "1.0.weight");
            var stride = Halving.Contains(k - 1) ? 2 : 1;
            List<Func<Tensor, Tensor>> steps = expands ? [Step(path + "0.0", path + "0.1", 1)] : [];
            var deep = expands ? "1" : "0";
            steps.Add(Step($"{path}{deep}.0", $"{path}{deep}.1", stride));
            var last = expands ? 2 : 1;
            steps.Add(Step($"{path}{last}", $"{path}{last + 1}", 1, active: false));
            var same = stride == 1 && Config.TensorShape(path + "0.0.weight") is var first
                && (expands ? first[1] : first[0]) == Config.TensorShape($"{path}{last}.weight")[0];
            _steps.Add(x => same ? x + Run(steps, x) : Run(steps, x));
        }
        _steps.Add(Step($"features.{k}.0", $"features.{k}.1", 1));
    }

    private Func<Tensor, Tensor> Step(string convolution, string norm, int stride, bool active = true)
    {
        var shape = Config.TensorShape(convolution + ".weight");
        var groups = shape[1] == 1 ? shape[0] : 1; // one plane a channel: depthwise
        var both = new ConvNorm(this, convolution, norm, ConvolutionShape.Square(shape[1] * groups, shape[0], shape[2], stride, groups: groups));
        return x => active ? both.call(x).clamp(0, 6) : both.call(x);
    }

    private void AddTensorFlow()
    {
        var names = Config.TensorNames.Where(n => n.EndsWith(".weight", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(n => n[..^".weight".Length]).ToArray();
        var block = new List<Func<Tensor, Tensor>>();
        var (inputs, stride, count) = (0L, 1, 0);
        foreach (var name in names)
        {
            var shape = Config.TensorShape(name + ".weight");
            var (deep, project) = (name.Contains("depthwise", StringComparison.Ordinal), name.Contains("project", StringComparison.Ordinal));
            if (block.Count == 0)
            {
                inputs = deep ? shape[0] : shape[1];
            }
            stride = deep && Halving.Contains(count) || name.StartsWith("00.", StringComparison.Ordinal) ? 2 : deep ? 1 : stride;
            var logits = name.Contains("Logits", StringComparison.Ordinal);
            block.Add(Folded(name, shape, deep || block.Count == 0 && count == 0 ? stride : 1, deep, !project && !logits, logits));
            if (project || !name.Contains("expanded_conv", StringComparison.Ordinal))
            {
                Func<Tensor, Tensor>[] steps = [.. block];
                var same = project && stride == 1 && inputs == shape[0];
                _steps.Add(x => same ? x + Run(steps, x) : Run(steps, x));
                (count, stride) = (count + (project ? 1 : 0), 1);
                block.Clear();
            }
        }
    }

    private Func<Tensor, Tensor> Folded(string name, long[] shape, int stride, bool deep, bool active, bool pools)
    {
        var groups = deep ? shape[0] : 1;
        shape = pools && Config.Has("num_labels") ? [Config.LabelCount, .. shape[1..]] : shape; // a new head
        var convolution = Add(name, new Convolution(ConvolutionShape.Square(shape[1] * groups, shape[0], shape[2], stride, 0, groups, bias: true)));
        return x =>
        {
            var seen = pools ? functional.adaptive_avg_pool2d(x, 1) : Same(x, shape[2], stride);
            var y = convolution.call(seen);
            return active ? y.clamp(0, 6) : y;
        };
    }

    // TensorFlow's padding: as much as the last window needs, the smaller half first.
    private static Tensor Same(Tensor x, long size, int stride)
    {
        long Need(long length) => Math.Max(0, ((((length + stride - 1) / stride) - 1) * stride) + size - length);
        var (h, w) = (Need(x.shape[2]), Need(x.shape[3]));
        return h + w == 0 ? x : functional.pad(x, [w / 2, w - (w / 2), h / 2, h - (h / 2)]);
    }

    private static Tensor Run(IEnumerable<Func<Tensor, Tensor>> steps, Tensor x) => steps.Aggregate(x, (y, step) => step(y));

    private static MobileNetV2 BuildTorchvision(ModelConfig config, HeadKind kind)
    {
        config.GeometryIsInTensors();
        return new MobileNetV2(config, tensorFlow: false);
    }

    private static MobileNetV2 BuildTensorFlow(ModelConfig config, HeadKind kind)
    {
        config.GeometryIsInTensors();
        return new MobileNetV2(config, tensorFlow: true);
    }
}
