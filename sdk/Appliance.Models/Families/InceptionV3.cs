using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Families;

/// <summary>Inception-v3 with torchvision's names; widths and kernels are read off the tensors.</summary>
/// <remarks>Source: Szegedy et al., Rethinking the Inception Architecture (2015). b = batch, c = channels.</remarks>
internal sealed class InceptionV3 : Model
{
    internal static Family Family { get; } = new("torchvision-inception-v3",
        config => config.ModelType.Length == 0 && config.HasTensor("Mixed_7c.branch_pool.conv.weight"), (config, _) => new InceptionV3(config));

    private const double NormEpsilon = 1e-3;

    private readonly List<(string Name, Func<Tensor, Tensor> Run)> _steps = [];
    private readonly Projection _classifier;
    private readonly bool _transforms;

    private InceptionV3(ModelConfig config)
        : base(config, "InceptionV3")
    {
        _transforms = config.Flag("transform_input", false);
        config.GeometryIsInTensors();
        Names = NameRules.None with { IgnoredStarts = ["AuxLogits."] };
        Step("Conv2d_1a_3x3", Conv("Conv2d_1a_3x3", 2, 0));
        Step("Conv2d_2a_3x3", Conv("Conv2d_2a_3x3", 1, 0));
        Step("Conv2d_2b_3x3", Conv("Conv2d_2b_3x3"));
        Step("maxpool1", Shrink);
        Step("Conv2d_3b_1x1", Conv("Conv2d_3b_1x1"));
        Step("Conv2d_4a_3x3", Conv("Conv2d_4a_3x3", 1, 0));
        Step("maxpool2", Shrink);
        foreach (var name in new[] { "Mixed_5b", "Mixed_5c", "Mixed_5d" })
        {
            Mixed(name, Chain(name, "branch1x1"), Chain(name, "branch5x5_1", "branch5x5_2"),
                Chain(name, "branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"), Pooled(name));
        }
        Mixed("Mixed_6a", Conv("Mixed_6a.branch3x3", 2, 0),
            Then(Chain("Mixed_6a", "branch3x3dbl_1", "branch3x3dbl_2"), Conv("Mixed_6a.branch3x3dbl_3", 2, 0)), Shrink);
        foreach (var name in new[] { "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e" })
        {
            Mixed(name, Chain(name, "branch1x1"), Chain(name, "branch7x7_1", "branch7x7_2", "branch7x7_3"),
                Chain(name, "branch7x7dbl_1", "branch7x7dbl_2", "branch7x7dbl_3", "branch7x7dbl_4", "branch7x7dbl_5"), Pooled(name));
        }
        Mixed("Mixed_7a", Then(Chain("Mixed_7a", "branch3x3_1"), Conv("Mixed_7a.branch3x3_2", 2, 0)),
            Then(Chain("Mixed_7a", "branch7x7x3_1", "branch7x7x3_2", "branch7x7x3_3"), Conv("Mixed_7a.branch7x7x3_4", 2, 0)), Shrink);
        foreach (var name in new[] { "Mixed_7b", "Mixed_7c" })
        {
            Mixed(name, Chain(name, "branch1x1"), Then(Chain(name, "branch3x3_1"), Fork(name, "branch3x3_2a", "branch3x3_2b")),
                Then(Chain(name, "branch3x3dbl_1", "branch3x3dbl_2"), Fork(name, "branch3x3dbl_3a", "branch3x3dbl_3b")), Pooled(name));
        }
        var head = config.TensorShape("fc.weight");
        _classifier = Add("fc", new Projection(head[1], head[0], bias: true));
    }

    public override ModelOutput Forward(ModelInput input)
    {
        var x = ImageInput.Of(input, Config, channels: 3);
        x = _transforms ? FromImageNet(x) : x;
        var stages = new Dictionary<string, Tensor>();
        foreach (var (name, run) in _steps)
        {
            x = run(x);
            if (input.Trace)
            {
                stages[name] = x;
            }
        }
        var pooled = functional.adaptive_avg_pool2d(x, 1).flatten(1); // [b, c]
        return new ModelOutput { Last = x, Pooled = pooled, Logits = Wide.Of(_classifier.call(pooled)), Stages = stages };
    }

    private void Step(string name, Func<Tensor, Tensor> run) => _steps.Add((name, run));

    private void Mixed(string name, params Func<Tensor, Tensor>[] branches) => Step(name, Together(branches));

    private Func<Tensor, Tensor> Conv(string path, int stride = 1, int? padding = null)
    {
        var shape = Config.TensorShape(path + ".conv.weight");
        var both = new ConvNorm(this, path + ".conv", path + ".bn",
            new ConvolutionShape(shape[1], shape[0], shape[2], shape[3], stride, padding is { } p ? (p, p) : null), NormEpsilon);
        return x => both.call(x).relu();
    }

    private Func<Tensor, Tensor> Chain(string owner, params string[] names) =>
        names.Select(n => Conv($"{owner}.{n}")).Aggregate(Then);

    private Func<Tensor, Tensor> Fork(string owner, params string[] names) => Together([.. names.Select(n => Conv($"{owner}.{n}"))]);

    private Func<Tensor, Tensor> Pooled(string owner) =>
        Then(x => functional.avg_pool2d(x, [3, 3], [1, 1], [1, 1]), Conv(owner + ".branch_pool"));

    private static Func<Tensor, Tensor> Then(Func<Tensor, Tensor> first, Func<Tensor, Tensor> second) => x => second(first(x));

    private static Func<Tensor, Tensor> Together(Func<Tensor, Tensor>[] branches) => x => cat([.. branches.Select(b => b(x))], 1);

    private static Tensor Shrink(Tensor x) => functional.max_pool2d(x, [3, 3], [2, 2]);

    // From ImageNet's mean and deviation to ±1, as the published weights expect it.
    private static Tensor FromImageNet(Tensor x)
    {
        var (scale, shift) = (tensor([0.458f, 0.448f, 0.45f], [1, 3, 1, 1]), tensor([-0.030f, -0.088f, -0.188f], [1, 3, 1, 1]));
        return (x * scale.to(x.device)) + shift.to(x.device);
    }
}
